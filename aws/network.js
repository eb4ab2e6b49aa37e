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

function list(text) {
  return text.split(',').filter(Boolean);
}
