import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startFleet } from '../../support/fleet.ts';
import { seededRandom } from '../../support/turning.ts';
import type { World } from '../../support/world.ts';

interface Options {
  readonly agents?: number;
  readonly secret?: object;
  readonly hasStore?: boolean;
}

/** Instances whose account has the first of the demo agents. */
export function startGatewayFleet(size: number, { agents = 1, secret = {}, hasStore = true }: Options = {}) {
  return startFleet(size, {
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, agents), ...secret }),
    input: { workno: 20011 },
    random: seededRandom(),
    hasStore,
  });
}

export const signIns = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'PUT');
export const signOuts = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'DELETE');
export const queries = ({ vendor }: World) => vendor.requests.filter(({ path }) => path.includes('agentbyworkno'));
export const agentOf = ({ path }: { path: string }) => path.split('/')[4] ?? '';

/** The most requests that one agent sent in any two seconds, by the vendor's clock. */
export function busiest(world: World): number {
  const sent = queries(world);
  const inWindow = (from: { at: number; path: string }) =>
    sent.filter((each) => agentOf(each) === agentOf(from) && each.at >= from.at && each.at < from.at + 2_000).length;
  return Math.max(...sent.map(inWindow));
}
