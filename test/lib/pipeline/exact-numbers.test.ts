import { describe, expect, test } from 'vitest';
import { agentInfo, onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { startWorld, type WorldOptions } from '../../support/world.ts';

/* Numbers that a double does not hold, in every spelling that JSON has for them: kept with all digits, or refused. */

async function answered(known: WorldOptions & { input: object }, path: string, body: string) {
  const world = await startWorld(known);
  await world.call(known.input);
  world.vendor.fail({ path, status: 200, body });
  return world.call(known.input);
}

const user = (value: string) => `{"userId":${value},"userNickname":"a"}`;
const agents = (row: string) => `{"stateCode":"0","result":{"data":[{"agentCode":"first"},${row}]}}`;
const members = (row: string) => `{"ResponseMetadata":{},"Result":{"Participants":[{"NickName":"first"},${row}]}}`;

describe('a number in the place of a text', () => {
  test.each([
    ['1652268429538866153', '1652268429538866153'],
    ['1652268429538866153.0', '1652268429538866153'],
    ['1.652268429538866153e18', '1652268429538866153'],
    ['1.652268429538866153E+18', '1652268429538866153'],
    ['1652268429538866153000e-3', '1652268429538866153'],
    ['1.6e18', '1600000000000000000'],
    ['4503599627370497.5', '4503599627370497.5'],
    ['-0.12345678901234567890', '-0.12345678901234567890'],
    ['1e400', '1e400'],
    ['1e-400', '1e-400'],
    ['123456789012345678901234567890123456789012345', '123456789012345678901234567890123456789012345'],
  ])('is answered with all of its digits: %s', async (sent, expected) => {
    const response = await answered(userInfo, 'getUserInfoBycallId', user(sent));
    expect(response.body.data.userId).toBe(expected);
  });

  test('is answered in bounded time where it has 4 MiB of digits', async () => {
    const digits = '7'.repeat(4 * 1024 * 1024);
    const response = await answered(userInfo, 'getUserInfoBycallId', user(digits));
    expect(response.body.data?.userId === digits || response.body.code === 'result-too-large').toBe(true);
  });
});

describe('an id of 64 bits in an answer', () => {
  test.each([
    ['1652268429538866153.0', '1652268429538866153'],
    ['9.223372036854775807e18', '9223372036854775807'],
    ['-9223372036854775808.000', '-9223372036854775808'],
  ])('has all of its digits: %s', async (sent, expected) => {
    const isdp = await answered(onlineAgents, 'findOnlineAgent', agents(`{"agentId":${sent}}`));
    expect(isdp.body.data.data[1]).toEqual({ agentId: expected });
    const im = await answered(participants, '/', members(`{"ParticipantUserId":${sent}}`));
    expect(im.body.data.Participants[1]).toEqual({ ParticipantUserId: expected });
  });

  test.each(['4503599627370497.5', '9223372036854775808.0', '1.6e18', '1e400', '1.00000000000000000001', '1e-400'])(
    'is refused where it is none: %s',
    async (sent) => {
      const isdp = await answered(onlineAgents, 'findOnlineAgent', agents(`{"agentId":${sent}}`));
      expect(isdp.body.data.data).toHaveLength(1);
      expect(isdp.body.meta.invalidRows).toEqual([{ pointer: '/data/1', reason: '/agentId must be a 64-bit integer' }]);
    },
  );

  test('is walked past where it is none', async () => {
    const world = await startWorld(onlineAgents);
    world.vendor.fail({ path: 'findOnlineAgent', body: agents('{"agentId":1.00000000000000000001}') });
    const response = await world.call({ all: true });
    expect(response.status).toBe(200);
  });
});

describe('a number in the place of a row', () => {
  test.each(['4503599627370497.5', '1e400', '12345678901234567890'])('is no row: %s', async (sent) => {
    const response = await answered(onlineAgents, 'findOnlineAgent', agents(sent));
    expect(response.body.meta.invalidRows).toEqual([{ pointer: '/data/1', reason: 'must be an object' }]);
  });
});

describe('a number of an input', () => {
  const ODD = [
    '4503599627370497.5',
    '9223372036854775807.5',
    '1e400',
    '1e-400',
    '1.00000000000000000001',
    '20011.0000000000001',
    '1652268429538866153.0',
    '1.652268429538866153e18',
  ];

  test.each(ODD)('is refused and never asked for rounded: %s', async (sent) => {
    for (const [known, body, pointer] of [
      [participants, `{"ConversationShortId":${sent},"ParticipantUserIds":[1]}`, '/ConversationShortId'],
      [participants, `{"ConversationShortId":1,"ParticipantUserIds":[${sent}]}`, '/ParticipantUserIds/0'],
      [participants, `{"AppId":${sent},"ConversationShortId":1,"ParticipantUserIds":[1]}`, '/AppId'],
      [agentInfo, `{"workno":${sent}}`, '/workno'],
      [onlineAgents, `{"pageStart":${sent}}`, '/pageStart'],
      [onlineAgents, `{"pageSize":${sent}}`, '/pageSize'],
      [onlineAgents, `{"type":${sent}}`, '/type'],
      [userInfo, `{"callId":${sent},"userId":"1","tenantId":"1"}`, '/callId'],
    ] as const) {
      const world = await startWorld(known);
      const response = await world.call(undefined, { body });
      expect(response).toMatchObject({ status: 400, body: { code: 'invalid-input', errors: [{ pointer }] } });
      expect(world.vendor.requests).toEqual([]);
    }
  });
});
