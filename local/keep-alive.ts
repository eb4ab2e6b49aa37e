import { type Clock, systemClock } from '../lib/time/clock.ts';
import type { LocalFunction } from './lambda/functions.ts';
import type { Lambda } from './lambda/lambda.ts';
import { readStack } from './stack.ts';

/* The function that keeps sessions of managed accounts alive, and EventBridge Scheduler, which starts it every minute. */

const NAME = 'keepAgentSessions';
const MINUTE_MS = 60_000;

interface StackFunction {
  readonly handler: string;
  readonly timeout: number;
  readonly maximumRetryAttempts: number;
}

/**
 * The function as the stack has it, for every managed account of these secrets. Undefined where there is no such account.
 * @param secrets by `<vendor>/<account>`
 * @param lookups whose environment it shares
 */
export async function describeKeepAlive(
  stage: string,
  secrets: Readonly<Record<string, object>>,
  lookups: readonly LocalFunction[],
): Promise<LocalFunction | undefined> {
  const accounts = Object.entries(secrets).flatMap(([name, secret]) => {
    const [vendor, account = ''] = name.split('/');
    return vendor === 'huawei-agent-gateway' && isKept(secret) ? [account] : [];
  });
  if (accounts.length === 0) return undefined;
  const keptAccounts = accounts.join(',');
  const definition = (await readStack('keep-agent-sessions.js', NAME, { keptAccounts })) as StackFunction;
  return {
    name: `contact-lookups-${stage}-${NAME}`,
    alias: NAME,
    handlerFile: definition.handler.replace(/\.handler$/, '.ts'),
    timeoutMs: definition.timeout * 1000,
    maximumRetryAttempts: definition.maximumRetryAttempts,
    environment: { ...lookups[0]?.environment, KEPT_ACCOUNTS: keptAccounts },
    inBackground: true,
  };
}

function isKept(secret: object): boolean {
  return 'session' in secret && secret.session === 'managed' && !('keep' in secret && secret.keep === false);
}

/**
 * Invokes the function now and every minute, as a schedule with `rate(1 minute)` and no start date does:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * @returns a function that ends it
 */
export function startSchedule(invoke: Lambda['invoke'], name: string, clock: Clock = systemClock): () => void {
  let stop = () => {};
  const run = () => {
    stop = clock.alarm(MINUTE_MS, run);
    invoke(name, {}, { type: 'Event' }).catch((error: unknown) => {
      console.error(`${name} was not started: ${(error as Error).message}`);
    });
  };
  run();
  return () => stop();
}
