import { Problem } from '../problem.ts';
import type { Call } from './credential.ts';

/**
 * Obtains a credential; where the vendor refuses what the secret holds, reads the secret again and, if it has changed,
 * obtains one by the changed secret. A key that is reset at its vendor breaks the kept secret at once, and need not wait
 * for its end.
 */
export async function withCurrentSecret<Secret, Result>(
  call: Call<Secret>,
  obtain: () => Promise<Result>,
  obtainAnew: () => Promise<Result> = obtain,
): Promise<Result> {
  const { fingerprint } = call.secret;
  try {
    return await obtain();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'vendor-auth-failed') throw error;
    const reread = await call.rereadSecret().catch(() => undefined);
    if (!reread || reread.fingerprint === fingerprint) throw error;
    return obtainAnew();
  }
}
