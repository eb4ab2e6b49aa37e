import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import type { Lookup } from '../../../lib/lookup.ts';
import { expectProblem } from '../huawei-common/support.ts';
import { CHAT, LOGIN, startCec } from './support.ts';

const REQUIRED = 'is required';
const STRING = 'must be a string';
const SHORT = 'must have at least 1 character';

async function refuse(lookup: Lookup, input: unknown, errors: object[]) {
  const world = await startCec(lookup);

  const response = await world.call(input);

  expectProblem(response, { code: 'invalid-input', status: 400, retryable: false });
  expect(response.body.errors).toEqual(errors);
  expect(world.vendor.requests).toHaveLength(0);
  expect(world.secretsManager.requests).toHaveLength(0);
}

describe('the input of getUserInfoByCallId', () => {
  it.each([
    ['without a callId', { callId: undefined }, '/callId', REQUIRED],
    ['without a userId', { userId: undefined }, '/userId', REQUIRED],
    ['without a tenantId', { tenantId: undefined }, '/tenantId', REQUIRED],
    ['with a callId of another type', { callId: true }, '/callId', STRING],
    ['with a userId of another type', { userId: ['1'] }, '/userId', STRING],
    ['with a tenantId of null', { tenantId: null }, '/tenantId', STRING],
    ['with an empty callId', { callId: '' }, '/callId', SHORT],
    ['with an empty userId', { userId: '' }, '/userId', SHORT],
    ['with an empty tenantId', { tenantId: '' }, '/tenantId', SHORT],
    ['with a userId of 33 characters', { userId: 'u'.repeat(33) }, '/userId', 'must have at most 32 characters'],
    ['with an unknown field', { agentId: '109' }, '/agentId', 'is not a known field'],
    ['with an unknown field of an odd name', { 'a/b~c': 1 }, '/a~1b~0c', 'is not a known field'],
  ])('is refused %s', async (_, change, pointer, detail) => {
    await refuse(getUserInfoByCallId, { ...CHAT, ...change }, [{ pointer, detail }]);
  });

  it('is refused with a pointer to each broken field', async () => {
    await refuse(getUserInfoByCallId, { userId: 'u'.repeat(33), agentId: '1' }, [
      { pointer: '/callId', detail: REQUIRED },
      { pointer: '/userId', detail: 'must have at most 32 characters' },
      { pointer: '/tenantId', detail: REQUIRED },
      { pointer: '/agentId', detail: 'is not a known field' },
    ]);
  });

  it.each([
    ['null', null],
    ['a list', [CHAT]],
    ['a string', 'callId'],
    ['a number', 7],
  ])('is refused as %s in place of an object', async (_, input) => {
    await refuse(getUserInfoByCallId, input, [{ pointer: '', detail: 'must be an object' }]);
  });

  it('is refused with an unknown field that JavaScript hides', async () => {
    const world = await startCec(getUserInfoByCallId);

    const response = await world.call(undefined, { body: JSON.stringify(CHAT).replace('{', '{"__proto__":{},') });

    expectProblem(response, { code: 'invalid-input', status: 400 });
    expect(response.body.errors).toEqual([{ pointer: '/__proto__', detail: 'is not a known field' }]);
  });

  it('may have a userId of one character', async () => {
    const world = await startCec(getUserInfoByCallId);

    const response = await world.call({ ...CHAT, userId: 'u' });

    expectProblem(response, { code: 'not-found', status: 404 });
  });

  it.each([
    ['that is not JSON', { body: '{"callId":"canary' }, 400],
    ['that is empty', { body: '' }, 400],
    ['of another content type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['over 64 KiB', { body: JSON.stringify({ ...CHAT, callId: 'c'.repeat(65_536) }) }, 413],
  ])('is refused as a body %s', async (_, options, status) => {
    const world = await startCec(getUserInfoByCallId);

    const response = await world.call(CHAT, options);

    expectProblem(response, { code: 'invalid-input', status, retryable: false });
    expect(response.text).not.toContain('canary');
    expect(world.vendor.requests).toHaveLength(0);
  });
});

describe('the input of queryAgentLoginParams', () => {
  it.each([
    ['without an account', { account: undefined }, '/account', REQUIRED],
    ['without a password', { password: undefined }, '/password', REQUIRED],
    ['with an account of another type', { account: 120201 }, '/account', STRING],
    ['with a password of another type', { password: { text: 'Samplex' } }, '/password', STRING],
    ['with an empty account', { account: '' }, '/account', SHORT],
    ['with an empty password', { password: '' }, '/password', SHORT],
    ['with an account of 101 characters', { account: 'a'.repeat(101) }, '/account', 'must have at most 100 characters'],
    [
      'with a password of 101 characters',
      { password: 'p'.repeat(101) },
      '/password',
      'must have at most 100 characters',
    ],
    ['with an unknown field', { workNo: '1516' }, '/workNo', 'is not a known field'],
  ])('is refused %s', async (_, change, pointer, detail) => {
    await refuse(queryAgentLoginParams, { ...LOGIN, ...change }, [{ pointer, detail }]);
  });

  it('may have 100 characters in each field', async () => {
    const world = await startCec(queryAgentLoginParams);

    const response = await world.call({ account: 'a'.repeat(100), password: 'p'.repeat(100) });

    expectProblem(response, { code: 'vendor-rejected', status: 422 });
  });

  it('is not repeated in the refusal or in the log', async () => {
    const world = await startCec(queryAgentLoginParams);

    const response = await world.call({ account: 'canary-account', password: ['canary-password'] });

    expect(response.status).toBe(400);
    expect(response.text).not.toContain('canary');
    expect(JSON.stringify(world.outcomes)).not.toContain('canary');
  });
});
