import { Problem } from '../problem.ts';
import { ageMs, thisMoment, toWall } from '../time/moment.ts';
import type { Call, CredentialSource, CredentialTools } from './credential.ts';
import { type Asker, createCredentialCache, RetryLater } from './credential-cache.ts';
import { withCurrentSecret } from './current-secret.ts';
import type { FlightTime } from './flights.ts';
import { pauseMs } from './pause.ts';
import { createFleetMint } from './shared/fleet-mint.ts';
import { createToken, readToken, type Token, writeToken } from './token.ts';
import { requestGrant, type TokenEndpoint } from './token-endpoint.ts';

/** Used where a vendor names no lifetime, or one that is no number: a short one is wrong at little cost. */
const UNKNOWN_LIFETIME_SECONDS = 60;
/** A token that was minted for a refusal and is refused within this time is not renewed again: the refusal is meant. */
const REFUSED_AGAIN_MS = 60_000;

/**
 * Bearer tokens, kept in the process by account and content of the secret, and shared by the fleet where there is a
 * store. The lifetime counts from before the request by our clock, since the vendor's clock may differ.
 */
export function createTokenSource<Secret>(
  { clock, random, store }: CredentialTools,
  endpoint: TokenEndpoint<Secret>,
): CredentialSource<Secret, Token> {
  const cache = createCredentialCache<Token>(clock);
  const fleetMint = store && createFleetMint(store, clock, random);
  const failuresInARow = new Map<string, number>();

  const keyOf = ({ account, secret }: Call<Secret>) => `${account}:${secret.fingerprint}`;

  /** @throws RetryLater */
  async function mint(call: Call<Secret>, time: FlightTime, last?: Token, refused?: Token): Promise<Token> {
    const key = keyOf(call);
    const obtainedAt = thisMoment(clock);
    call.note('minted');
    try {
      // With a good token in hand nothing is gained by asking again at once.
      const grant = await requestGrant(endpoint, call, last ? { ...time, left: () => 0 } : time);
      failuresInARow.delete(key);
      const lifetimeMs = (grant.lifetimeSeconds ?? UNKNOWN_LIFETIME_SECONDS) * 1000;
      return createToken({ value: grant.token, obtainedAt, lifetimeMs, renewsRefused: refused !== undefined }, random);
    } catch (error) {
      // A mint that was given up has learnt nothing.
      if (!(error instanceof Problem) || time.signal.aborted) throw error;
      const inARow = (failuresInARow.get(key) ?? 0) + 1;
      failuresInARow.set(key, inARow);
      throw new RetryLater(pauseMs(error, { inARow, lifetimeMs: last?.lifetimeMs }, random), error);
    }
  }

  const askerOf = (call: Call<Secret>, refused?: Token): Asker<Token> => ({
    time: call.deadline,
    note: call.note,
    mint: async (time, last) => {
      if (!fleetMint) return mint(call, time, last, refused);
      const { account, secret, note, stayFor } = call;
      const { value, generation } = await fleetMint({
        key: { partition: `${endpoint.vendorName}#${account}#${secret.sealer.fingerprint}`, item: 'token' },
        sealer: secret.sealer,
        beyond: (refused ?? last)?.generation ?? 0,
        hasGood: last !== undefined,
        time,
        note,
        stayFor,
        mint: () => mint(call, time, last, refused),
        pack: (token) => writeToken(token, clock),
        unpack: (content) => {
          const token = readToken(content, clock, random);
          // One that is as near its end as that is no better than what its reader has.
          return token && ageMs(token.obtainedAt, clock) < token.mandatoryMs ? token : undefined;
        },
        endsAt: ({ obtainedAt, usableMs }) => toWall(obtainedAt, clock) + usableMs,
      });
      return { ...value, generation };
    },
  });

  const obtain = (call: Call<Secret>) => cache.obtain(keyOf(call), askerOf(call));

  return {
    obtain: (call) => withCurrentSecret(call, () => obtain(call)),
    renew: (refused, refusal, call) => {
      const replace = async () => {
        if (refused.renewsRefused && ageMs(refused.obtainedAt, clock) < REFUSED_AGAIN_MS) {
          call.note('refused-again');
          throw refusal.problem;
        }
        return cache.replace(keyOf(call), refused, askerOf(call, refused));
      };
      return withCurrentSecret(call, replace, () => obtain(call));
    },
  };
}
