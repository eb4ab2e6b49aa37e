import { expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';
import { invoke, readEvent } from './http-support.ts';

const INPUT = JSON.stringify({ callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' });
const PRINCIPALS = '{"arn:aws:iam::111122223333:role/desk":["default"]}';

const start = (accountAccess?: string) =>
  startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...(accountAccess !== undefined && { accountAccess }),
  });

/** As a JSON request is brought: the file of the URL without authorization has another content type. */
function eventOf(file: string) {
  const event = readEvent(file);
  return {
    ...event,
    headers: { ...event['headers'], 'content-type': 'application/json' },
    body: INPUT,
    isBase64Encoded: false,
  };
}

test.each(['function-url-iam.json', 'function-url-none.json'])(
  '%s is answered as an HTTP API’s event',
  async (file) => {
    const world = await start();
    expect((await invoke(world, eventOf(file))).result).toEqual({
      statusCode: 200,
      headers: { 'cache-control': 'no-store', 'content-type': 'application/json' },
      body: expect.stringContaining('Visitor'),
    });
  },
);

test('a binary body is refused by its content type', async () => {
  const world = await start();
  expect(await invoke(world, readEvent('function-url-none.json'))).toMatchObject({ status: 415 });
});

test('who signed the request may use the accounts of its role, and who signed none has no account', async () => {
  const world = await start(PRINCIPALS);
  expect(await invoke(world, eventOf('function-url-iam.json'))).toMatchObject({ status: 200 });
  expect(await invoke(world, eventOf('function-url-none.json'))).toMatchObject({ status: 403 });
});

test('a function URL brings no claims', async () => {
  const world = await start('jwt');
  expect(await invoke(world, eventOf('function-url-iam.json'))).toMatchObject({ status: 403 });
});
