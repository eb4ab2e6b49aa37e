import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import type { World } from '../../support/world.ts';
import { type SteeredVendor, steered } from '../huawei-common/steering.ts';
import { requestsTo } from '../huawei-common/support.ts';
import { secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

/** A world whose account asks for tokens that live this long, and its vendor. */
export async function startWithLifetime(
  seconds: number,
  random = () => 0.5,
): Promise<{ world: World; vendor: SteeredVendor }> {
  const vendor = steered(huaweiCec);
  const world = await startCec(getUserInfoByCallId, {
    simulation: vendor.simulation,
    secret: (vendorUrl) => ({ ...secretFor(vendorUrl), tokenTtlSeconds: seconds }),
    random,
  });
  return { world, vendor };
}

/** Milliseconds of a token's age at which its windows begin and it ends; `chance` is what the world's random gives. */
export const windowsOf = (seconds: number, chance = 0.5) => ({
  advisory: seconds * (750 + 100 * chance),
  mandatory: seconds * (920 + 40 * chance),
  end: seconds * 1000 - Math.min(seconds * 10, 5_000),
});

/** Milliseconds for which nobody asks after a failed renewal, while the token is good. */
export const pauseOf = (seconds: number, chance = 0.5) => Math.min(60_000, seconds * 50) * (0.5 + chance / 2);

/** How often the token endpoint was asked. */
export const mints = (world: World) => requestsTo(world, TOKEN).length;

/** The tokens that were sent with lookups, in their order. */
export const tokens = (world: World) => requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization']);
