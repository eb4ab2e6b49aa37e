import { expect, test } from 'vitest';
import { createAgentShares } from '../../../../lib/vendors/huawei-agent-gateway/agent-share.ts';
import { createTestClock } from '../../../support/clock.ts';

const NO_END = { signal: new AbortController().signal, left: () => 60_000 };

test('of very many agents those that send nothing now are forgotten, and no other', async () => {
  const clock = createTestClock();
  const shareOf = createAgentShares(clock);
  const quiet = shareOf('https://gateway', '101');
  await quiet.limiter.take(NO_END, 0);
  clock.advance(10_000);
  const busy = shareOf('https://gateway', '102');
  await busy.limiter.take(NO_END, 0);
  for (let agentid = 103; agentid <= 1_200; agentid += 1) shareOf('https://gateway', String(agentid));

  expect(shareOf('https://gateway', '102')).toBe(busy);
  expect(shareOf('https://gateway', '101')).not.toBe(quiet);
});
