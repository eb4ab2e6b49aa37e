// Who may call the routes, from the stage's params jwtIssuer and jwtAudience. There is no third case, so no route is
// ever open.

/** For provider.httpApi.authorizers. */
export async function authorizers({ resolveVariable }) {
  const jwt = await jwtOf(resolveVariable);
  return jwt ? { jwt } : {};
}

/** For a route's `authorizer`. */
export async function authorizer({ resolveVariable }) {
  return (await jwtOf(resolveVariable)) ? { name: 'jwt' } : { type: 'aws_iam' };
}

async function jwtOf(resolveVariable) {
  const issuerUrl = await resolveVariable('param:jwtIssuer');
  const audience = await resolveVariable('param:jwtAudience');
  // One without the other would silently fall back to IAM.
  if (Boolean(issuerUrl) !== Boolean(audience)) throw new Error('jwtIssuer and jwtAudience go together');
  if (!issuerUrl) return null;
  return { type: 'jwt', identitySource: '$request.header.Authorization', issuerUrl, audience: audience.split(',') };
}
