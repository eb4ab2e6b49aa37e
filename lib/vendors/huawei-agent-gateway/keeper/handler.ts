import type { Context } from 'aws-lambda';
import { createAccountKeeper } from './keep-account.ts';
import { createKeeperTools } from './run.ts';
import { createKeeperServices, type KeeperServices } from './services.ts';

export type KeeperHandler = (
  event: unknown,
  context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
) => Promise<void>;

/**
 * The Lambda handler that keeps the sessions of accounts alive, all of them side by side. What it remembers between its
 * runs lives as long as the handler, which is as long as the process.
 *
 * A failure of all accounts is thrown for Lambda's own metric of errors, and for the alarms on it. Nobody gets to see it
 * otherwise: EventBridge Scheduler invokes asynchronously
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html), and the next run comes anyway.
 */
export function createKeeperHandler(services: KeeperServices = createKeeperServices()): KeeperHandler {
  const tools = createKeeperTools(services);
  const keepers = services.accounts.map((account) => createAccountKeeper(account, services, tools));
  return async (_event, context) => {
    const remainingMs = context.getRemainingTimeInMillis();
    const keepings = await Promise.all(
      keepers.map(async (keep) => {
        const keeping = await keep(context.awsRequestId, remainingMs);
        if (keeping) services.report(keeping);
        return keeping;
      }),
    );
    if (keepings.some((keeping) => keeping?.outcome !== 'failed')) return;
    const reasons = keepings.map((keeping) => `${keeping?.account}: ${keeping?.problem}`);
    throw new Error(`No account could be kept (${reasons.join(', ')}).`);
  };
}
