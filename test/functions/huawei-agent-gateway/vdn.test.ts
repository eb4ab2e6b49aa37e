import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld } from '../../support/world.ts';
import { startGatewayFleet } from './fleets.ts';
import { startKeepers } from './keepers.ts';

const WARNING = 'vdn-differs';
const FIRST = { workno: 20011, agentid: 20001 };
const SECOND = { workno: 20011, agentid: 20002 };
/** The others are of VDN 6. */
const OTHER_VDN = { vdnIds: { 20002: 7 } };

describe('an agent that is signed in with another VDN than another agent of its account', () => {
  test('is warned of in the call that signs it in', async () => {
    const w = await startWorld({
      lookup,
      simulation: huaweiAgentGateway,
      secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, 2) }),
    });
    w.vendor.setState(OTHER_VDN);

    const responses = [await w.call(FIRST), await w.call(SECOND)];
    w.clock.advance(1_000);
    responses.push(await w.call(SECOND));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(w.outcomes.map(({ warnings }) => warnings)).toEqual([undefined, [WARNING], undefined]);
  });

  test('is warned of also where another instance has signed the other in', async () => {
    const { world, instances, call } = await startGatewayFleet(2, { agents: 2 });
    world.vendor.setState(OTHER_VDN);

    await call(instances[0], FIRST);
    await call(instances[1], SECOND);

    expect(instances.map(({ outcomes }) => outcomes[0]?.warnings)).toEqual([undefined, [WARNING]]);
  });

  test('is warned of in every run that keeps the sessions', async () => {
    const k = await startKeepers();
    k.world.vendor.setState(OTHER_VDN);
    k.startSchedule();
    await k.turn(150_000);

    const warnings = [{ agentid: '20002', warning: WARNING }];
    expect(k.keepings).toMatchObject([{ warnings }, { warnings }]);
  });
});

test('agents of one VDN are not warned of', async () => {
  const { world, instances, call } = await startGatewayFleet(2, { agents: 2 });

  await call(instances[0], FIRST);
  await call(instances[1], SECOND);

  expect(world.outcomes[0]).not.toHaveProperty('warnings');
  expect(instances[1]?.outcomes[0]).not.toHaveProperty('warnings');
});
