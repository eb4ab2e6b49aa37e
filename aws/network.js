import { ParameterRefused } from './refusal.js';
// The private network that functions join, from the stage's params vpcSubnetIds and vpcSecurityGroupIds; null for none.
// A gateway with a private address, or a vendor that admits known addresses only (by a NAT), is reached in no other way.

/** For provider.vpc. */
export async function vpc({ resolveVariable }) {
  const subnetIds = list(await resolveVariable('param:vpcSubnetIds'));
  const securityGroupIds = list(await resolveVariable('param:vpcSecurityGroupIds'));
  if (Boolean(subnetIds.length) !== Boolean(securityGroupIds.length)) {
    throw new ParameterRefused('vpcSubnetIds and vpcSecurityGroupIds go together');
  }
  return subnetIds.length > 0 ? { subnetIds, securityGroupIds } : null;
}

/** For the environment of each function: the proxy that it reaches vendors and AWS through, where the stage has one. */
export async function proxy({ resolveVariable }) {
  const httpsProxy = await resolveVariable('param:httpsProxy');
  if (!httpsProxy) return {};
  const noProxy = await resolveVariable('param:noProxy');
  return { HTTPS_PROXY: httpsProxy, ...(noProxy && { NO_PROXY: noProxy }) };
}

function list(text) {
  return text.split(',').filter(Boolean);
}
