import { BUILDS } from './build.ts';
import type { CaseFigures } from './measure.ts';
import type { Target } from './targets.ts';

const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;
const MICROSECONDS = 1_000;

const HEADINGS = [
  'build',
  'bundle, KB',
  'load, ms',
  'first call, ms',
  'first answer, ms',
  'warm p50, µs',
  'warm p99, µs',
  'heap, MB',
];

/** One function's figures, as Markdown that reads well on a terminal too. */
export function printFigures(name: string, figures: CaseFigures, targets: readonly Target[], note?: string): void {
  const rows = BUILDS.map((build) => {
    const { bundleBytes, loadMs, firstCallMs, firstAnswerMs, warmP50Ms, warmP99Ms, heapBytes } = figures[build];
    return [
      build,
      (bundleBytes / KILOBYTE).toFixed(1),
      loadMs.toFixed(1),
      firstCallMs.toFixed(1),
      firstAnswerMs.toFixed(1),
      (warmP50Ms * MICROSECONDS).toFixed(0),
      (warmP99Ms * MICROSECONDS).toFixed(0),
      (heapBytes / MEGABYTE).toFixed(1),
    ];
  });
  const verdicts = targets.map(({ name: target, value, bound, reached }) => [
    target,
    Number.isInteger(value) ? String(value) : value.toFixed(2),
    String(bound),
    reached ? 'reached' : '**not reached**',
  ]);
  console.log(`\n### ${name}\n${note ? `\n${note}\n` : ''}`);
  printTable([HEADINGS, ...rows]);
  console.log('');
  printTable([['target', 'is', 'at most', ''], ...verdicts]);
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const [headings = [], ...others] = rows;
  console.log(line(headings));
  console.log(line(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))));
  for (const row of others) console.log(line(row));
}
