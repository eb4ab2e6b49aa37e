import { readPrincipals } from '../lib/triggers/account-access.ts';
import { byLookup, LOOKUPS } from './events/params.js';
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

/** For the `authorizer` of each lookup's route, by the lookup's name. */
export async function authorizerOf({ resolveVariable }) {
  const scopes = await byLookup(resolveVariable, 'jwtScopes', readScopes);
  const jwt = await jwtOf(resolveVariable);
  return Object.fromEntries(
    LOOKUPS.map((lookup) => {
      if (!jwt) return [lookup, { type: 'aws_iam' }];
      return [lookup, { name: 'jwt', ...(scopes[lookup] && { scopes: scopes[lookup] }) }];
    }),
  );
}

/** One scope or a list: API Gateway lets a token pass that has any of them. @throws ParameterRefused */
function readScopes(value, name) {
  const scopes = [value].flat();
  // https://www.rfc-editor.org/rfc/rfc6749#section-3.3
  const isScope = (scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);
  if (scopes.length > 0 && scopes.every(isScope)) return scopes;
  throw new ParameterRefused(`${name} needs a scope, or a list of scopes, not ${JSON.stringify(value)}`);
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
