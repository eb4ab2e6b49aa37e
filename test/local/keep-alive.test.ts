import { expect, test, vi } from 'vitest';
import { describeKeepAlive, startSchedule } from '../../local/keep-alive.ts';
import { createTestClock } from '../support/clock.ts';

const LOOKUPS = [{ name: 'a', handlerFile: 'a.ts', timeoutMs: 1_000, environment: { STAGE: 'local' } }];
const MANAGED = { session: 'managed' };

test('the session keep-alive of one machine is that of the stack, for every managed account', async () => {
  const secrets = {
    'huawei-agent-gateway/default': MANAGED,
    'huawei-agent-gateway/emea': MANAGED,
    'huawei-agent-gateway/desk': { session: 'caller' },
    'huawei-agent-gateway/left': { session: 'managed', keep: false },
    'huawei-cec/default': {},
  };

  expect(await describeKeepAlive('local', secrets, LOOKUPS)).toEqual({
    name: 'contact-lookups-local-keepAgentSessions',
    alias: 'keepAgentSessions',
    handlerFile: 'functions/huawei-agent-gateway/keep-agent-sessions.ts',
    timeoutMs: 90_000,
    maximumRetryAttempts: 0,
    environment: { STAGE: 'local', KEPT_ACCOUNTS: 'default,emea' },
    inBackground: true,
  });
});

test('one machine without a managed account has no session keep-alive', async () => {
  const secrets = { 'huawei-agent-gateway/desk': { session: 'caller' }, 'huawei-cec/default': MANAGED };
  expect(await describeKeepAlive('local', secrets, LOOKUPS)).toBeUndefined();
});

test('the schedule invokes at once and every minute, without waiting for an answer, until it is ended', () => {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const invoke = vi.fn(() => new Promise<never>(() => {}));

  const stop = startSchedule(invoke, 'keep', clock);
  expect(invoke.mock.calls).toEqual([['keep', {}, { type: 'Event' }]]);
  clock.advance(59_999);
  expect(invoke).toHaveBeenCalledTimes(1);
  clock.advance(60_001);
  expect(invoke).toHaveBeenCalledTimes(3);
  stop();
  clock.advance(600_000);

  expect(invoke).toHaveBeenCalledTimes(3);
  expect(clock.pending()).toBe(0);
});
