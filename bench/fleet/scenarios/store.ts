import { ADVISORY, GAP, OUTAGE } from '../conditions.ts';
import type { Fleet } from '../fleet.ts';
import { atMost, FLEET_HEADINGS, failuresIn, fleetCells, latency, type Result, type Run } from '../result.ts';
import { renew } from './renewal.ts';

/** The time-outs of lib/credentials/shared/dynamodb.ts: of an operation, of the first one, and of a retry. */
const TIMEOUT = 100;
const FIRST_TIMEOUT = 400;
const RETRY_TIMEOUT = 5_000;

export async function store(run: Run): Promise<Result> {
  const silence = async ({ wire, until }: Fleet) => {
    await until(ADVISORY.from);
    wire.state = 'silent';
    await until(ADVISORY.from + OUTAGE);
    wire.state = 'sound';
  };
  const coldStory = (fleet: Fleet) => {
    fleet.wire.state = 'silent';
    return fleet.callAll();
  };
  const sound = await run(true, renew(GAP));
  const silent = await run(true, renew(GAP, silence));
  const cold = await run(true, coldStory);
  const none = await run(false, coldStory);
  const p99 = ({ answers }: Fleet) => latency(answers, 0.99);
  return {
    title: 'A store that does not answer for a minute',
    note:
      'Warm: the minute in which every process begins to renew; the same run with a sound store beside it. Cold: all start ' +
      'at once while it is silent. Each then mints for itself.',
    table: [
      ['', ...FLEET_HEADINGS],
      ['warm, sound store', ...fleetCells(sound)],
      ['warm, silent store', ...fleetCells(silent)],
      ['cold, silent store', ...fleetCells(cold)],
      ['cold, no store', ...fleetCells(none)],
    ],
    targets: [
      atMost('failed answers, warm', failuresIn(silent.answers), 0),
      atMost('failed answers, cold', failuresIn(cold.answers), 0),
      atMost('p99 more than with a sound store, warm, ms', p99(silent) - p99(sound), TIMEOUT),
      atMost('p99 more than without a store, cold, ms', p99(cold) - p99(none), FIRST_TIMEOUT + RETRY_TIMEOUT),
    ],
  };
}
