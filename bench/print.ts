import { BUILDS } from './build.ts';
import type { CaseFigures } from './measure.ts';
import type { Target } from './targets.ts';

const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;

const HEADINGS = [
  'build',
  'bundle KB',
  'load ms',
  'first answer ms',
  'of it the call ms',
  'warm p50 µs',
  'warm p99 µs',
  'heap MB',
];

export function printFigures(name: string, figures: CaseFigures, targets: readonly Target[], note?: string): void {
  const rows = BUILDS.map((build) => {
    const { bundleBytes, load, firstAnswer, firstCall, warmP50, warmP99, heapBytes } = figures[build];
    return [
      build,
      (bundleBytes / KILOBYTE).toFixed(1),
      load.toFixed(1),
      firstAnswer.toFixed(1),
      firstCall.toFixed(1),
      (warmP50 * 1000).toFixed(0),
      (warmP99 * 1000).toFixed(0),
      (heapBytes / MEGABYTE).toFixed(1),
    ];
  });
  const verdicts = targets.map(({ name: target, value, bound, reached }) => [
    target,
    format(value),
    `at most ${bound}`,
    reached ? 'reached' : 'NOT REACHED',
  ]);
  console.log(`\n${name}${note ? `\n${note}` : ''}\n`);
  printTable([HEADINGS, ...rows]);
  console.log('');
  printTable(verdicts);
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}
