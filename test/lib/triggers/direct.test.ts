import { describe, expect, test } from 'vitest';
import { failure, success } from '../../support/invoke.ts';
import { agentInfo, LOOKUPS, loginParams, onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { startWorld } from '../../support/world.ts';

const USER_INFO = 'getUserInfoBycallId';

describe.each(LOOKUPS)('$lookup.name', (known) => {
  test('answers envelope and bare input with what it answers over HTTP', async () => {
    const world = await startWorld(known);
    const { body } = await world.call(known.input);
    const meta = {
      ...body.meta,
      requestId: expect.stringMatching(/^invocation-/),
      vendorMs: expect.any(Number),
      ...('vendorRequestId' in body.meta && { vendorRequestId: expect.any(String) }),
    };

    expect(await success(world, known.input)).toEqual({ data: body.data, meta });
    expect(await success(world, { input: known.input })).toEqual({ data: body.data, meta });
    expect(await success(world, { input: known.input, account: 'default', correlationId: 'chat 7' })).toEqual({
      data: body.data,
      meta,
    });
    expect(world.outcomes.map(({ outcome, account }) => [outcome, account])).toEqual(
      Array.from({ length: 4 }, () => ['succeeded', 'default']),
    );
  });

  test.each([
    ['null', 'null'],
    ['a list', '[1]'],
    ['a string', '"20011"'],
    ['a number', '20011'],
    ['true', 'true'],
  ])('refuses an event that is %s', async (_what, event) => {
    const world = await startWorld(known);
    const { problem } = await failure(world, event);
    expect(problem).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '', detail: 'must be an object' }] });
    expect(world.vendor.requests).toEqual([]);
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
  });

  test('refuses an input that has none of its fields, and one that has others', async () => {
    const world = await startWorld(known);
    const { problem } = await failure(world, { input: { nonsense: 1 } });
    expect(problem.errors).toContainEqual({ pointer: '/input/nonsense', detail: 'is not a known field' });
    expect((await failure(world, { nonsense: 1 })).problem.errors).toContainEqual({
      pointer: '/nonsense',
      detail: 'is not a known field',
    });
  });
});

describe('the envelope', () => {
  test('an account is the one whose secret is used, and without one it is the default', async () => {
    const world = await startWorld(userInfo);
    world.putSecret('emea-2', userInfo.secret(world.vendor.url));

    await success(world, { input: userInfo.input, account: 'emea-2' });
    await success(world, { input: userInfo.input });
    const { problem } = await failure(world, { input: userInfo.input, account: 'nobody' });

    expect(problem.code).toBe('unknown-account');
    expect(world.outcomes.map(({ account }) => account)).toEqual(['emea-2', 'default', 'nobody']);
  });

  test('a field of the input that has the name of one of the envelope is the input’s', async () => {
    const world = await startWorld(loginParams);
    await success(world, { account: 'ls120201', password: 'Samplex' });
    expect(world.outcomes).toMatchObject([{ outcome: 'succeeded', account: 'default' }]);
  });

  const { input } = userInfo;
  test.each([
    [{ input, accounts: 'emea' }, [{ pointer: '/accounts', detail: 'is not a field of a message' }]],
    [{ input, 'a/b~c': 1 }, [{ pointer: '/a~1b~0c', detail: 'is not a field of a message' }]],
    [{ input, account: 5 }, [{ pointer: '/account', detail: 'must be a string' }]],
    [{ input, account: null }, [{ pointer: '/account', detail: 'must be a string' }]],
    [{ input, correlationId: 7 }, [{ pointer: '/correlationId', detail: 'must be a string of 1 to 256 characters' }]],
    [{ input, correlationId: '' }, [{ pointer: '/correlationId', detail: 'must be a string of 1 to 256 characters' }]],
    [
      { input, correlationId: 'a'.repeat(257), account: {}, more: 1 },
      [
        { pointer: '/more', detail: 'is not a field of a message' },
        { pointer: '/account', detail: 'must be a string' },
        { pointer: '/correlationId', detail: 'must be a string of 1 to 256 characters' },
      ],
    ],
    [{ input: null }, [{ pointer: '/input', detail: 'must be an object' }]],
    [{ input: [] }, [{ pointer: '/input', detail: 'must be an object' }]],
    [{ input: { ...input, callId: 7 } }, [{ pointer: '/input/callId', detail: 'must be a string' }]],
    [{ ...input, callId: 7 }, [{ pointer: '/callId', detail: 'must be a string' }]],
  ])('%j is refused with pointers into the event', async (event, errors) => {
    const world = await startWorld(userInfo);
    const { problem } = await failure(world, event);
    expect(problem).toMatchObject({ code: 'invalid-input', status: 400, retryable: false });
    expect(problem.errors).toEqual(errors);
    expect(world.vendor.requests).toEqual([]);
    expect(world.secretsManager.requests).toEqual([]);
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
  });

  test('a correlationId of 256 characters is taken', async () => {
    const world = await startWorld(userInfo);
    await success(world, { input, correlationId: 'a'.repeat(256) });
  });
});

describe('integers', () => {
  const ROUNDED = 'this number is beyond 2^53 and has lost digits on its way; ids can be written as strings';

  test('beyond 2^53, which Lambda itself has rounded, are refused, and it is said why', async () => {
    const world = await startWorld(participants);
    const input = '{"ConversationShortId":7203245678901234567,"ParticipantUserIds":["1",9223372036854775807]}';

    const bare = await failure(world, input);
    const wrapped = await failure(world, `{"input":${input}}`);

    expect(bare.problem.errors?.map(({ pointer }) => pointer)).toEqual([
      '/ConversationShortId',
      '/ParticipantUserIds/1',
    ]);
    expect(wrapped.problem.errors?.map(({ pointer }) => pointer)).toEqual([
      '/input/ConversationShortId',
      '/input/ParticipantUserIds/1',
    ]);
    for (const { detail } of [...(bare.problem.errors ?? []), ...(wrapped.problem.errors ?? [])]) {
      expect(detail).toContain(ROUNDED);
    }
    expect(world.vendor.requests).toEqual([]);
  });

  test.each([
    [userInfo, '{"callId":"1","userId":1652268429538866153,"tenantId":"1"}', '/userId'],
    [onlineAgents, '{"pageStart":9007199254740993}', '/pageStart'],
    [onlineAgents, '{"onlineStatus":9007199254740993}', '/onlineStatus'],
    [agentInfo, '{"workno":9007199254740993}', '/workno'],
    [participants, '{"ConversationShortId":-9007199254740993,"ParticipantUserIds":["1"]}', '/ConversationShortId'],
  ])('so is one that no double can hold in any other field: $1', async (known, event, pointer) => {
    const world = await startWorld(known);
    const { problem } = await failure(world, event);
    expect(new Set(problem.errors?.map((error) => error.pointer))).toEqual(new Set([pointer]));
    for (const { detail } of problem.errors ?? []) expect(detail).toContain(ROUNDED);
  });

  test('that are only too big for their field are refused as that', async () => {
    const world = await startWorld(onlineAgents);
    const { problem } = await failure(world, { pageStart: 2 ** 53 - 1 });
    expect(problem.errors).toEqual([{ pointer: '/pageStart', detail: 'must be at most 2147483647' }]);
  });

  test('as strings keep every digit', async () => {
    const world = await startWorld(participants);
    const { data } = await success(world, { input: participants.input });
    expect(String(world.vendor.requests[0]?.body)).toBe(
      '{"AppId":1,"ConversationShortId":7203245678901234567,"ParticipantUserIds":[9223372036854775807]}',
    );
    expect(data).toMatchObject({
      Participants: [{ ConversationShortId: '7203245678901234567', ParticipantUserId: '9223372036854775807' }],
    });
  });
});

test('a fault that passes is tried again inside, as over HTTP', async () => {
  const world = await startWorld(userInfo);
  world.vendor.fail({ path: USER_INFO, status: 503 });
  const { meta } = await success(world, { input: userInfo.input });
  expect(meta).toMatchObject({ attempts: 2 });
  expect(world.outcomes).toMatchObject([{ outcome: 'succeeded', attempts: 2 }]);
});
