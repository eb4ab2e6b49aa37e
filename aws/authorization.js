import { readPrincipals } from '../lib/triggers/account-access.ts';
import { ParameterRefused } from './refusal.js';

// Who may call the routes, from the stage's params jwtIssuer and jwtAudience. There is no third case, so no route is
// ever open. And which vendor accounts callers may use, from accountAccess.

/** Lambda takes 4 KB of environment variables (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_ACCOUNT_ACCESS_BYTES = 3 * 1024;

/** For provider.httpApi.authorizers. */
export async function authorizers({ resolveVariable }) {
  const jwt = await jwtOf(resolveVariable);
  return jwt ? { jwt } : {};
}

/** For a route's `authorizer`. */
export async function authorizer({ resolveVariable }) {
  return (await jwtOf(resolveVariable)) ? { name: 'jwt' } : { type: 'aws_iam' };
}

/** For the functions' ACCOUNT_ACCESS, which lib/triggers/account-access.ts reads. */
export async function accountAccess({ resolveVariable }) {
  const principals = await resolveVariable('param:accountAccess');
  const isSet = principals !== '';
  if (await jwtOf(resolveVariable)) {
    // It would silently mean nothing.
    if (isSet) throw new ParameterRefused('accountAccess is for IAM: with jwtIssuer the claim vendor_accounts decides');
    return 'jwt';
  }
  // Every caller whom IAM lets through may use every account. The functions have no such default of their own.
  if (!isSet) return '*';
  // On the command line it is JSON text already.
  const setting = typeof principals === 'string' ? principals : JSON.stringify(principals);
  readPrincipals(setting, 'accountAccess');
  if (Buffer.byteLength(setting) > MAX_ACCOUNT_ACCESS_BYTES) {
    throw new ParameterRefused(
      `accountAccess is longer than ${MAX_ACCOUNT_ACCESS_BYTES} bytes, which leaves Lambda no room for more`,
    );
  }
  return setting;
}

async function jwtOf(resolveVariable) {
  const issuerUrl = await resolveVariable('param:jwtIssuer');
  const audience = await resolveVariable('param:jwtAudience');
  // One without the other would silently fall back to IAM.
  if (Boolean(issuerUrl) !== Boolean(audience)) throw new ParameterRefused('jwtIssuer and jwtAudience go together');
  if (!issuerUrl) return null;
  return { type: 'jwt', identitySource: '$request.header.Authorization', issuerUrl, audience: audience.split(',') };
}
