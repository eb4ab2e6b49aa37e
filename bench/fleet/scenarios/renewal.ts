import { ADVISORY, GAP, LONG_GAP } from '../conditions.ts';
import type { Fleet } from '../fleet.ts';
import { atMost, FLEET_HEADINGS, failuresIn, fleetCells, mints, type Result, type Run } from '../result.ts';

/** A warm fleet through its token's advisory windows, from a little before the first to well before a mandatory one. */
export function renew(gap: typeof GAP | typeof LONG_GAP, meanwhile: (fleet: Fleet) => Promise<void> = async () => {}) {
  return async (fleet: Fleet): Promise<void> => {
    await fleet.warmUp();
    await fleet.until(ADVISORY.from - 5_000);
    fleet.watch();
    await Promise.all([fleet.callSteadily(ADVISORY.until + 40_000, gap), meanwhile(fleet)]);
  };
}

export async function renewal(run: Run): Promise<Result> {
  const busy = await run(true, renew(GAP));
  const idle = await run(true, renew(LONG_GAP));
  const alone = await run(false, renew(LONG_GAP));
  return {
    title: 'A token that nears its end',
    note:
      'A warm fleet with steady calls through the minute in which its advisory windows begin; nothing fails. Who begins ' +
      'to renew is frozen as soon as its call is answered, and goes on with its next one.',
    table: [
      ['', ...FLEET_HEADINGS],
      [`with the store, a call in ${GAP.from / 1000} to ${GAP.until / 1000} s`, ...fleetCells(busy)],
      [`with the store, a call in ${LONG_GAP.from / 1000} to ${LONG_GAP.until / 1000} s`, ...fleetCells(idle)],
      [`without, a call in ${LONG_GAP.from / 1000} to ${LONG_GAP.until / 1000} s`, ...fleetCells(alone)],
    ],
    targets: [
      atMost('mints with the store, short gaps', mints(busy.vendor.tokenRequests), 1),
      atMost('mints with the store, long gaps', mints(idle.vendor.tokenRequests), 1),
      atMost('failed answers', failuresIn(busy.answers) + failuresIn(idle.answers), 0),
    ],
  };
}
