import { describe, expect, test } from 'vitest';
import type { Lookup } from '../../../lib/lookup.ts';
import { PROBLEMS, type ProblemCode } from '../../../lib/problem.ts';
import { CEC_APP_SECRET } from '../../../local/simulators/huawei-cec.ts';
import { around, silence } from '../../functions/huawei-common/support.ts';
import { type FunctionError, failure } from '../../support/invoke.ts';
import { type LOOKUPS, loginParams, onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { startWorld, type World } from '../../support/world.ts';

const USER_INFO = 'getUserInfoBycallId';

interface Fault {
  readonly known?: Omit<(typeof LOOKUPS)[number], 'lookup'> & { readonly lookup: Lookup };
  readonly event?: unknown;
  readonly arrange?: (world: World) => void;
}

const CANARY = 'canary-of-a-secret';

/** One way in which each problem comes about that an invocation can meet. */
const faults: readonly [ProblemCode, Fault][] = [
  ['invalid-input', { event: {} }],
  ['unknown-account', { event: { input: userInfo.input, account: 'nobody' } }],
  ['not-found', { event: { ...userInfo.input, callId: 'another' } }],
  ['vendor-rejected', { known: loginParams, event: { account: 'ls120201', password: CANARY } }],
  ['vendor-rate-limited', { arrange: ({ vendor }) => vendor.fail({ path: USER_INFO, status: 429, times: 9 }) }],
  [
    'misconfigured',
    { arrange: (world) => world.putSecret('default', { baseUrl: world.vendor.url, appKey: 7, appSecret: CANARY }) },
  ],
  [
    'internal',
    {
      known: {
        ...userInfo,
        lookup: {
          ...userInfo.lookup,
          read: () => {
            throw new TypeError(CANARY);
          },
        } as Lookup,
      },
    },
  ],
  [
    'vendor-auth-failed',
    {
      arrange: (world) =>
        world.putSecret('default', { ...userInfo.secret(world.vendor.url), appKey: 'another', appSecret: CANARY }),
    },
  ],
  ['vendor-unavailable', { arrange: ({ vendor }) => vendor.fail({ path: USER_INFO, status: 503, times: 9 }) }],
  [
    'vendor-contract-changed',
    { arrange: ({ vendor }) => vendor.fail({ path: USER_INFO, body: `{"userNickname":["${CANARY}"]}` }) },
  ],
  ['secret-unavailable', { arrange: ({ secretsManager }) => secretsManager.fail({ status: 500, times: 99 }) }],
  [
    'vendor-timeout',
    {
      known: {
        ...userInfo,
        simulation: around(userInfo.simulation, ({ path }, answer, clock) => {
          if (!path.includes(USER_INFO)) return answer();
          clock.advance(14_700);
          return silence();
        }),
      },
    },
  ],
];

test('every code but those of other triggers is here', () => {
  const others = ['forbidden-account', 'forbidden-trigger', 'result-too-large'];
  expect([...faults.map(([code]) => code as string), ...others].sort()).toEqual(Object.keys(PROBLEMS).sort());
});

describe.each(faults)('%s', (code, { known = userInfo, event = known.input, arrange }) => {
  test('is the name of the error, and its problem document the message', async () => {
    const world = await startWorld(known);
    arrange?.(world);

    const { error, problem } = await failure(world, event);

    expect(error.errorType).toBe(code);
    expect(problem).toMatchObject({
      type: `urn:contact-lookups:problem:${code}`,
      code,
      status: expect.any(Number),
      retryable: expect.any(Boolean),
      detail: expect.any(String),
      instance: `urn:uuid:${world.outcomes[0]?.requestId}`,
    });
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: code }]);
  });

  test('tells nothing of a secret and of our own frames, to the caller or to the log', async () => {
    const world = await startWorld(known);
    arrange?.(world);

    const { error, thrown } = await failure(world, event);

    const shown = JSON.stringify(error);
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(CEC_APP_SECRET);
    expect(shown).not.toMatch(/\bat |\.ts\b|node_modules/);
    expect(error.trace).toEqual([code]);
    // What the runtime logs of it, in either of Lambda's formats: src/Errors.js and src/LogPatch.js there.
    expect(JSON.stringify({ message: thrown })).toBe(JSON.stringify({ message: { errorType: code } }));
  });
});

test('an event that is nested too deep to be written again is refused like any other', async () => {
  const world = await startWorld(userInfo);
  let nested: unknown = [];
  for (let depth = 0; depth < 20_000; depth += 1) nested = [nested];

  const thrown = await world
    .handler({ input: nested }, { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 })
    .catch((error: unknown) => error);

  expect(thrown).toMatchObject({ name: 'invalid-input', message: expect.stringContaining('nested too deep') });
  expect(world.outcomes).toMatchObject([{ problem: 'invalid-input' }]);
});

test('an error is short enough for Step Functions to keep all of it', async () => {
  const world = await startWorld(participants);
  const fields = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`"field\\${index}`, 1]));

  const many = await failure(world, fields);
  const long = await failure(world, { [`"\\${'"'.repeat(30_000)}`]: 1 });

  const asCause = (error: FunctionError) => JSON.stringify(error).length;
  expect(asCause(many.error)).toBeLessThan(32_768);
  expect(many.problem.errors?.length).toBeGreaterThan(50);
  expect(many.problem.detail).toContain(`It has the first ${many.problem.errors?.length} of 2002 errors.`);
  expect(asCause(long.error)).toBeLessThan(32_768);
  expect(long.problem).toMatchObject({ code: 'invalid-input', detail: expect.stringContaining('first 2 of 3 errors') });
});

test('what the vendor’s answer breaks in many places is told in part', async () => {
  const world = await startWorld(onlineAgents);
  const rows = Array.from({ length: 3_000 }, () => ({ agentId: {} }));
  world.vendor.fail({ path: 'findOnlineAgent', body: JSON.stringify({ stateCode: '0', result: { data: rows } }) });

  const { error, problem } = await failure(world, onlineAgents.input);

  expect(JSON.stringify(error).length).toBeLessThan(32_768);
  expect(problem).toMatchObject({ code: 'vendor-contract-changed', vendor: { name: 'huawei-isdp' } });
  expect(problem.detail).toMatch(/has no valid row \(of the first: \/agentId must be [^()]*\)\.$/);
});
