import type { Fleet } from '../fleet.ts';
import { atMost, FLEET_HEADINGS, failuresIn, fleetCells, mints, type Result, type Run } from '../result.ts';
import { PARTITION } from '../store-wire.ts';

export async function cold(run: Run): Promise<Result> {
  const stored = await run(true, (fleet) => fleet.callAll());
  const limited = await run(true, ({ wire, callAll }) => {
    wire.state = 'limited';
    return callAll();
  });
  const alone = await run(false, (fleet) => fleet.callAll());
  const row = (fleet: Fleet) => {
    const { reads, writes } = fleet.wire.peak();
    return [...fleetCells(fleet), `${reads} / ${writes}`];
  };
  return {
    title: 'Cold at once',
    note:
      'All processes start in the same millisecond. All ask the store for one item, and a partition of DynamoDB serves ' +
      `${PARTITION.reads} reads and ${PARTITION.writes} writes a second: one that throttles what is above that is played ` +
      'as well. The last column is the busiest second.',
    table: [
      ['', ...FLEET_HEADINGS, 'reads / writes in a second'],
      ['with the store', ...row(stored)],
      ['with a store that throttles', ...row(limited)],
      ['without', ...row(alone)],
    ],
    targets: [
      atMost('mints with the store', mints(stored.vendor.tokenRequests), 1),
      atMost('mints with a store that throttles', mints(limited.vendor.tokenRequests), 1),
      atMost('failed answers', failuresIn(stored.answers) + failuresIn(limited.answers), 0),
    ],
  };
}
