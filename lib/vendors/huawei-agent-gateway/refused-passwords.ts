import type { HeldSecret } from '../../credentials/secret-store.ts';
import type { Problem } from '../../problem.ts';

interface Owner {
  readonly account: string;
  readonly secret: Pick<HeldSecret<unknown>, 'fingerprint'>;
}

/**
 * Agents whose password the gateway refused in this process: trying it again would lock them. It is remembered for as
 * long as the process lives, whatever becomes of the store; a changed secret has other passwords.
 */
export interface RefusedPasswords {
  /** Why the agent is not let in; undefined where its password was not refused. */
  get(owner: Owner, agentid: string): Problem | undefined;
  add(owner: Owner, agentid: string, problem: Problem): void;
}

export function createRefusedPasswords(): RefusedPasswords {
  const problems = new Map<string, Problem>();
  return {
    get: (owner, agentid) => problems.get(keyOf(owner, agentid)),
    add: (owner, agentid, problem) => {
      problems.set(keyOf(owner, agentid), problem);
    },
  };
}

function keyOf({ account, secret }: Owner, agentid: string): string {
  return `${account}:${secret.fingerprint}:${agentid}`;
}
