import { expect, test } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import { cecSecret, isdpSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';

test('interleaved requests of two accounts and of good and bad input answer each for itself', async () => {
  const world = await startWorld({ lookup: queryAgentLoginParams, simulation: huaweiCec, secret: cecSecret });
  world.putSecret('other', { ...cecSecret(world.vendor.url), appSecret: 'of-another-account' });

  const good = { account: 'ls120201', password: 'Samplex' };
  const calls = Array.from({ length: 20 }, (_, index) => [
    world.call(good),
    world.call({ ...good, password: `wrong-password-${index}` }),
    world.call(good, { account: 'other' }),
    world.call({ account: 5 }),
  ]).flat();
  const answers = await Promise.all(calls);

  answers.forEach((answer, index) => {
    expect(answer.status).toBe([200, 422, 502, 400][index % 4]);
    expect(answer.text).not.toMatch(/wrong-password|of-another-account/);
  });
  const ids = answers.map(({ body }) => body.meta?.requestId ?? body.instance.replace('urn:uuid:', ''));
  expect(new Set(ids).size).toBe(answers.length);
  expect(world.outcomes.map(({ requestId }) => requestId).sort()).toEqual(ids.sort());
  expect(world.clock.pending()).toBe(0);
});

test('two accounts with the same address share neither token nor refusal', async () => {
  const world = await startWorld({ lookup: findOnlineAgent, simulation: huaweiIsdp, secret: isdpSecret });
  world.putSecret('twin', isdpSecret(world.vendor.url));
  await world.call({});
  await world.call({}, { account: 'twin' });
  const mints = world.vendor.requests.filter(({ path }) => path.endsWith('rest_token'));
  expect(mints).toHaveLength(2);
});
