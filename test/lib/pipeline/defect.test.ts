import { expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';

test('a defect of ours answers `internal`, says nothing of the inside, and its place stands in the log', async () => {
  const world = await startWorld({
    lookup: {
      ...getUserInfoByCallId,
      question: () => {
        throw new TypeError('secret-of-the-inside');
      },
    },
    simulation: huaweiCec,
    secret: cecSecret,
  });
  const answer = await world.call({ callId: 'a', userId: 'b', tenantId: 'c' });
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal', retryable: false } });
  const told = answer.text + JSON.stringify(world.outcomes);
  expect(told).not.toContain('secret-of-the-inside');
  expect(world.outcomes[0]?.stack?.[0]).toMatch(/^at .*defect\.test\.ts/);
  expect(world.clock.pending()).toBe(0);
});
