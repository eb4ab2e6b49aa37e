import { pauseMs } from '../../../lib/credentials/pause.ts';
import { Problem } from '../../../lib/problem.ts';
import { ADVISORY, GAP, LONG_GAP, OUTAGE, TOKEN_SECONDS } from '../conditions.ts';
import type { Fleet } from '../fleet.ts';
import {
  atMost,
  attempts,
  FLEET_HEADINGS,
  failuresIn,
  fleetCells,
  mostWithin,
  type Result,
  type Run,
} from '../result.ts';
import { renew } from './renewal.ts';

type Dead = 'failing' | 'silent';

const WORDS = { failing: 'answers 503', silent: 'does not answer' };

/** The shortest time for which the token endpoint is left alone after it failed. */
const shortestPauseMs = (lifetimeMs?: number) =>
  pauseMs(new Problem('vendor-unavailable', ''), { inARow: 1, lifetimeMs }, () => 0);

/** A warm fleet: a good token is held until long after the outage. */
export const outage = (dead: Dead) =>
  async function measure(run: Run): Promise<Result> {
    const story = renew(GAP, async (fleet) => {
      await fleet.until(ADVISORY.from);
      fleet.vendor.tokenEndpoint = dead;
      await fleet.until(ADVISORY.from + OUTAGE);
      fleet.vendor.tokenEndpoint = 'sound';
    });
    const stored = await run(true, story);
    const alone = await run(false, story);
    const pause = shortestPauseMs(TOKEN_SECONDS * 1000);
    const row = (fleet: Fleet) => {
      const begun = inVain(fleet);
      return [...fleetCells(fleet), String(begun.length), String(mostWithin(begun, pause))];
    };
    return {
      title: `A token endpoint that ${WORDS[dead]} for a minute, warm fleet`,
      note: `In that minute every process's advisory window begins. A failure is backed off for ${pause / 1000} s at least.`,
      table: [
        ['', ...FLEET_HEADINGS, 'attempts in vain', `most in ${pause / 1000} s`],
        ['with the store', ...row(stored)],
        ['without', ...row(alone)],
      ],
      targets: [
        atMost('failed answers', failuresIn(stored.answers), 0),
        atMost('failed answers without the store', failuresIn(alone.answers), 0),
        atMost('attempts in a backoff window with the store', mostWithin(inVain(stored), pause), 1),
      ],
    };
  };

/** No process has a token, and none can be had for a minute. */
export const coldOutage = (dead: Dead) =>
  async function measure(run: Run): Promise<Result> {
    const story = async (fleet: Fleet) => {
      fleet.vendor.tokenEndpoint = dead;
      const calls = fleet.callSteadily(OUTAGE + 45_000, LONG_GAP);
      await fleet.until(OUTAGE);
      fleet.vendor.tokenEndpoint = 'sound';
      await calls;
    };
    const stored = await run(true, story);
    const alone = await run(false, story);
    const pause = shortestPauseMs();
    const row = (fleet: Fleet) => {
      const begun = inVain(fleet);
      const after = fleet.answers.filter(({ at }) => at >= OUTAGE);
      const goodAt = after.filter(({ status }) => status === 200).map(({ at, milliseconds }) => at + milliseconds);
      const failedAt = after.filter(({ status }) => status !== 200).map(({ at }) => at);
      const seconds = (at: number) => (Number.isFinite(at) ? ((at - OUTAGE) / 1000).toFixed(1) : 'none');
      return [
        ...fleetCells(fleet),
        String(begun.length),
        String(mostWithin(begun, pause)),
        seconds(Math.min(...goodAt)),
        seconds(Math.max(...failedAt)),
      ];
    };
    return {
      title: `A token endpoint that ${WORDS[dead]} for a minute, cold fleet`,
      note:
        `No token can be had, so calls fail. A failure is backed off for ${pause / 1000} s at least. One attempt to mint ` +
        'is up to three requests. The last two columns are seconds after the recovery.',
      table: [
        [
          '',
          ...FLEET_HEADINGS,
          'attempts in vain',
          `most in ${pause / 1000} s`,
          'first good answer',
          'last call that failed',
        ],
        ['with the store', ...row(stored)],
        ['without', ...row(alone)],
      ],
      targets: [
        atMost('attempts in a backoff window with the store', mostWithin(inVain(stored), pause), 1),
        atMost('mints after the recovery with the store', stored.vendor.tokenRequests.filter(isGranted).length, 1),
      ],
    };
  };

const isGranted = ({ outcome }: { outcome: string }) => outcome === 'granted';

const inVain = ({ vendor }: Fleet) => attempts(vendor.tokenRequests.filter((request) => !isGranted(request)));
