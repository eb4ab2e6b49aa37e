import { GAP } from '../conditions.ts';
import type { Fleet } from '../fleet.ts';
import { atMost, FLEET_HEADINGS, failuresIn, fleetCells, mints, type Result, type Run } from '../result.ts';
import { renew } from './renewal.ts';

/** Kills the first process whose request for a token reaches the vendor. It never has the token that it is granted. */
function killNextToMint({ vendor, processes }: Fleet): void {
  vendor.onTokenRequest = (index) => {
    delete vendor.onTokenRequest;
    processes[index]?.kill();
  };
}

export async function leaseHolder(run: Run): Promise<Result> {
  const coldStory = (fleet: Fleet) => {
    killNextToMint(fleet);
    return fleet.callAll();
  };
  const cold = await run(true, coldStory);
  const alone = await run(false, coldStory);
  const warm = await run(
    true,
    renew(GAP, async (fleet) => killNextToMint(fleet)),
  );
  return {
    title: 'A lease holder that is killed while it mints',
    note: 'The figures are those of the others. Without a good token they wait for the lease to end, 5 s after it was taken.',
    table: [
      ['', ...FLEET_HEADINGS],
      ['cold at once, with the store', ...fleetCells(cold)],
      ['cold at once, without', ...fleetCells(alone)],
      ['in the advisory window, with the store', ...fleetCells(warm)],
    ],
    targets: [
      atMost('failed answers, cold', failuresIn(cold.answers), 0),
      atMost('failed answers, warm', failuresIn(warm.answers), 0),
      atMost('mints besides the lost one, cold', mints(cold.vendor.tokenRequests) - 1, 1),
      atMost('mints besides the lost one, warm', mints(warm.vendor.tokenRequests) - 1, 1),
    ],
  };
}
