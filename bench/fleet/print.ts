import { printTable } from '../print.ts';
import { GAP, JITTER, LATENCY, LONG_GAP, type Size, TOKEN_SECONDS } from './conditions.ts';
import type { Result } from './result.ts';

export function printConditions({ simulated, real }: Size): void {
  const { store, tokenEndpoint, lookup, secretsManager } = LATENCY;
  console.log(
    `${real} real processes, and ${simulated} simulated in one, each of these with the real handler, caches, breaker, ` +
      'store and AWS SDK client of its own. DynamoDB is dynalite over sockets in both.\n\n' +
      'The simulated ones live in virtual time, which stands still while anything computes and moves on to the next ' +
      'event: their milliseconds are those of the latencies that are played and of no machine. They are ' +
      'frozen between their calls, as Lambda does it. Vendor and Secrets Manager are played in memory.\n\n' +
      `Played: store ${store} ms, token endpoint ${tokenEndpoint} ms, lookup ${lookup} ms, Secrets Manager ` +
      `${secretsManager} ms, each ±${JITTER * 100} %; a token lives ${TOKEN_SECONDS} s; steady calls of a process come ` +
      `${GAP.from / 1000} to ${GAP.until / 1000} s after one another, rare ones ${LONG_GAP.from / 1000} to ${LONG_GAP.until / 1000} s.`,
  );
}

/** One scenario, as Markdown that reads well on a terminal too. */
export function printResult({ title, note, table, targets }: Result): void {
  console.log(`\n### ${title}\n\n${note}\n`);
  printTable(table);
  console.log('');
  const verdicts = targets.map(({ name, value, bound, reached }) => [
    name,
    value.toFixed(0),
    String(bound),
    reached ? 'reached' : '**not reached**',
  ]);
  printTable([['target', 'is', 'at most', ''], ...verdicts]);
}

/** Says what was missed, after all. */
export function printSummary(results: readonly Result[]): void {
  const judged = results.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
  const missed = judged.filter(({ reached }) => !reached);
  console.log(
    `\nTargets: ${judged.length - missed.length} of ${judged.length} reached${missed.length > 0 ? '; missed:' : '.'}`,
  );
  for (const { title, name, value, bound } of missed)
    console.log(`- ${title}: ${name}: ${value.toFixed(0)}, at most ${bound}`);
}
