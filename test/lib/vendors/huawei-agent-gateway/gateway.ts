import { onTestFinished } from 'vitest';
import { createTransport } from '../../../../lib/http/transport.ts';
import { type ExchangeTally, runExchange } from '../../../../lib/pipeline/exchange.ts';
import { createRetryBudgets } from '../../../../lib/pipeline/retry-budget.ts';
import { createAgentShares } from '../../../../lib/vendors/huawei-agent-gateway/agent-share.ts';
import type { ManagedSecret } from '../../../../lib/vendors/huawei-agent-gateway/secret.ts';
import type { Asker } from '../../../../lib/vendors/huawei-agent-gateway/session.ts';
import { signIn } from '../../../../lib/vendors/huawei-agent-gateway/sign-in.ts';
import {
  type AgentGatewaySimulation,
  demoAgents,
  huaweiAgentGateway,
} from '../../../../local/simulators/huawei-agent-gateway.ts';
import { startSimulator } from '../../../../local/simulators/server.ts';
import { createTestClock, NO_TIMERS } from '../../../support/clock.ts';

export const NO_END = { signal: new AbortController().signal, left: () => 60_000 };

export const [agent] = demoAgents as [(typeof demoAgents)[0]];

/** The gateway's simulator on a turned clock, and who asks it over real sockets. Both end with the test. */
export async function startGateway({ timers = NO_TIMERS } = {}) {
  const clock = createTestClock();
  let simulation: AgentGatewaySimulation | undefined;
  const simulator = await startSimulator(
    (own) => {
      simulation = huaweiAgentGateway(own);
      return simulation;
    },
    { clock },
  );
  const transport = createTransport(clock, timers);
  onTestFinished(async () => {
    await Promise.all([transport.close(), simulator.close()]);
  });

  const tools = { clock, random: () => 0.5, transport, budgets: createRetryBudgets() };
  const tally: ExchangeTally = { attempts: 0, vendorMs: 0, vendorRequestId: undefined };
  const asker: Asker = { exchange: (exchange, time) => runExchange(exchange, time, tally, tools) };
  const baseUrl = `${simulator.url}/agentgateway/resource`;
  const { limiter } = createAgentShares(clock)(baseUrl, agent.agentid);

  return {
    clock,
    simulator,
    asker,
    baseUrl,
    connection: {},
    stateOf: (agentid = agent.agentid) => simulation?.state()[agentid],
    /** Signs the first agent in. */
    signIn: (onConflict: ManagedSecret['onConflict'] = 'fail') => {
      const server = { baseUrl: simulator.url, session: 'managed' as const, keep: true };
      const secret: ManagedSecret = { ...server, agents: [agent], onConflict };
      return signIn({ agent, secret, baseUrl, connection: {}, limiter }, asker, clock, NO_END);
    },
  };
}

/** What a promise is rejected with; undefined where it is not. */
export function problemOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
