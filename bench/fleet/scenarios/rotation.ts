import { GAP } from '../conditions.ts';
import type { Fleet } from '../fleet.ts';
import { atMost, FLEET_HEADINGS, failuresIn, fleetCells, type Result, type Run } from '../result.ts';

const STORED_AT = 30_000;
const REVOKED_AT = 35_000;
const ENDS_AT = 60_000;

export async function rotation(run: Run): Promise<Result> {
  const keys = new Map<Fleet, ReturnType<Fleet['rotate']>>();
  const story = async (fleet: Fleet) => {
    await fleet.warmUp();
    await fleet.until(STORED_AT);
    fleet.watch();
    const rotated = fleet.rotate();
    keys.set(fleet, rotated);
    const calls = fleet.callSteadily(ENDS_AT, GAP);
    await fleet.until(REVOKED_AT);
    fleet.vendor.revoke(rotated.oldKey);
    await calls;
  };
  const stored = await run(true, story);
  const alone = await run(false, story);
  const requestsWith = (fleet: Fleet, key: 'oldKey' | 'newKey') =>
    fleet.vendor.tokenRequests.filter(({ appSecret }) => appSecret === keys.get(fleet)?.[key]).length;
  const row = (fleet: Fleet) => [
    ...fleetCells(fleet),
    String(requestsWith(fleet, 'oldKey')),
    String(requestsWith(fleet, 'newKey')),
  ];
  return {
    title: 'A secret that is rotated under load',
    note: 'A new secret is stored; 5 s later the vendor refuses the old key and its tokens.',
    table: [
      ['', ...FLEET_HEADINGS, 'with the old key', 'with the new key'],
      ['with the store', ...row(stored)],
      ['without', ...row(alone)],
    ],
    targets: [
      atMost('failed answers', failuresIn(stored.answers), 0),
      atMost('failed answers without the store', failuresIn(alone.answers), 0),
      atMost('mints with the new key, with the store', requestsWith(stored, 'newKey'), 1),
    ],
  };
}
