import type { HeldSecret } from '../../../credentials/secret-store.ts';
import type { ItemKey } from '../../../credentials/shared/store.ts';
import type { Moment } from '../../../time/moment.ts';
import { baseUrlOf, connectionOf } from '../address.ts';
import { agentKey, type KeptSession } from '../kept-session.ts';
import type { Agent, GatewaySecret, ManagedSecret } from '../secret.ts';
import type { SessionAddress } from '../session.ts';

/** An account as one content of its secret has it. */
export interface KeptAccount {
  readonly secret: HeldSecret<ManagedSecret>;
  readonly agents: readonly KeptAgent[];
}

/** One agent of it, and what the process knows of its session. */
export interface KeptAgent {
  readonly account: string;
  readonly secret: HeldSecret<ManagedSecret>;
  readonly agent: Agent;
  readonly key: ItemKey;
  session: KeptSession | undefined;
  /** The last session, which the gateway refused; undefined once the agent is signed in again. */
  lost: KeptSession | undefined;
  /** Whether the store has yet to get that session. */
  unwritten: boolean;
  /** When the last poll that was answered was sent. */
  polledAt: Moment | undefined;
}

/** The account as this secret has it; undefined where it says that nothing is to be kept. */
export function openAccount(account: string, held: HeldSecret<GatewaySecret>): KeptAccount | undefined {
  const { value } = held;
  if (value.session !== 'managed' || !value.keep) return undefined;
  const secret = { ...held, value };
  // One that is listed twice has one session all the same.
  const agents = new Map(value.agents.map((agent) => [agent.agentid, openAgent(account, secret, agent)]));
  return { secret, agents: [...agents.values()] };
}

function openAgent(account: string, secret: HeldSecret<ManagedSecret>, agent: Agent): KeptAgent {
  const key = agentKey({ account, secret }, agent.agentid);
  return { account, secret, agent, key, session: undefined, lost: undefined, unwritten: false, polledAt: undefined };
}

export function addressOf({ secret: { value } }: KeptAgent, session: KeptSession): SessionAddress {
  return { session, baseUrl: baseUrlOf(value), connection: connectionOf(value) };
}
