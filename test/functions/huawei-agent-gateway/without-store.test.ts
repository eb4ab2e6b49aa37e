import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld, type World } from '../../support/world.ts';
import { startGatewayFleet } from './fleets.ts';

const INPUT = { workno: 20011 };

/** Instances of a stage whose tokenStore is none, and whose account has one agent unless told. */
async function startInstances(count: number, settings: object = {}) {
  const first = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, 1), ...settings }),
  });
  return [first, ...Array.from({ length: count - 1 }, () => first.coldStart())] as [World, World, ...World[]];
}

const reasons = ({ outcomes }: World) => outcomes.at(-1)?.credentialReasons;

describe('without a store, one instance more than an account has agents', () => {
  test('is told that the agent is signed in elsewhere, and may retry', async () => {
    const [first, second] = await startInstances(2);
    await first.call(INPUT);

    const response = await second.call(INPUT);

    expect(response).toMatchObject({
      status: 422,
      body: { code: 'vendor-rejected', retryable: true, vendor: { code: '100-002' } },
    });
    expect(reasons(second)).toEqual(['first', 'minted', 'taken']);
  });

  test('shows in the log of an instance that gets the next agent', async () => {
    const [first, second] = await startInstances(2, { agents: demoAgents.slice(0, 2) });
    await first.call(INPUT);

    const response = await second.call(INPUT);

    expect(response.status).toBe(200);
    expect(reasons(second)).toEqual(['first', 'minted', 'taken', 'first', 'minted']);
  });

  test('shows in the log, as a warning, where it forces the other out', async () => {
    const [first, second] = await startInstances(2, { onConflict: 'force' });
    await first.call(INPUT);

    const response = await second.call(INPUT);

    expect(response.status).toBe(200);
    expect(first.outcomes[0]).not.toHaveProperty('warnings');
    expect(second.outcomes[0]?.warnings).toEqual(['agent-forced-out']);
  });

  test('may retry where its session is lost again, asked about the agent itself', async () => {
    const [first] = await startInstances(1, { onConflict: 'force' });
    await first.call(INPUT);
    first.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in', times: 20 });

    const response = await first.call({ workno: demoAgents[0]?.agentid });

    expect(response).toMatchObject({ status: 502, body: { code: 'vendor-auth-failed', retryable: true } });
    expect(reasons(first)).toContain('refused-again');
  });

  test('answers six calls at once, or lets them retry, and refuses none for good', async () => {
    const { callAll } = await startGatewayFleet(6, { secret: { onConflict: 'force' }, hasStore: false });

    const responses = await callAll();

    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused.filter(({ body }) => body.retryable !== true).map(({ body }) => body)).toEqual([]);
  });
});
