import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../lib/problem.ts';
import { LOOKUPS } from '../support/lookups.ts';
import * as reports from '../support/reports.ts';

/* Metrics that the documents name, against those that the log lines emit. */

/** Metrics of AWS services, which the documents name beside ours. */
const OF_AWS = ['IteratorAge', 'Errors', 'Throttles'];

const { LOOKUP: _, lineOf, ...writers } = reports;
const lines = Object.values(writers).map(lineOf);

interface Metric {
  readonly unit: string;
  readonly dimensions: readonly string[];
}

/** Each metric with its unit and its sets of dimensions. */
const emitted: Readonly<Record<string, Metric>> = collect(
  lines.flatMap((line) => {
    const [{ Dimensions, Metrics }] = line._aws.CloudWatchMetrics as [EmbeddedMetrics];
    return Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({ name: Name, unit: Unit.toLowerCase(), dimensions: setOf(names) })),
    );
  }),
);

interface EmbeddedMetrics {
  readonly Dimensions: readonly string[][];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

const documents = globSync(['*.md', 'docs/**/*.md'])
  .filter((document) => document !== 'CHANGELOG.md')
  .map((document) => ({ document, markdown: readFileSync(document, 'utf8') }));

test('the table of metrics has each metric with its unit and its sets of dimensions', () => {
  const operations = readFileSync('docs/operations.md', 'utf8');
  const [table = []] = tablesOf(section(operations, 'Metrics'));
  const rows = table.flatMap(({ metric = '', unit = '', dimensions = '' }) =>
    codeSpans(metric).flatMap((name) =>
      codeSpans(dimensions).map((names) => ({ name, unit, dimensions: setOf(names.split(', ')) })),
    ),
  );
  expect(collect(rows)).toEqual(emitted);
});

describe.each(documents)('$document', ({ markdown }) => {
  test('names metrics and dimensions in its tables that are emitted', () => {
    const rows = tablesOf(markdown).flat();
    const wrong = rows.flatMap((row) => {
      const cell = row['metric'] ?? row['alarm on'] ?? '';
      const names = codeSpans(cell).filter((name) => /^[A-Z]\w+$/.test(name) && !OF_AWS.includes(name));
      const sets = codeSpans(`${row['dimensions'] ?? ''} ${cell}`).filter((span) => span.includes(', '));
      return names.flatMap((name) => [
        ...(emitted[name] ? [] : [`no metric ${name}`]),
        ...(row['dimensions'] !== undefined && sets.length === 0 ? [`${name} without dimensions`] : []),
        ...sets.filter((set) => !isEmitted(name, set.split(', '))).map((set) => `${name} with ${set}`),
      ]);
    });
    expect(wrong).toEqual([]);
  });

  test('names metrics and dimensions in its sentences that are emitted', () => {
    const known = new Set(
      Object.values(emitted).flatMap(({ dimensions }) => dimensions.flatMap((set) => set.split(' '))),
    );
    const metrics = [...markdown.matchAll(/\bmetrics? `([^`]+)`/g)].map(([, name = '']) => name);
    const dimensions = [...markdown.matchAll(/\bdimensions? `([^`]+)`/g)].map(([, name = '']) => name);
    expect(metrics.filter((name) => !emitted[name])).toEqual([]);
    expect(dimensions.flatMap((names) => names.split(', ')).filter((name) => !known.has(name))).toEqual([]);
  });

  test('has commands for CloudWatch with metrics, dimensions and values that are emitted', () => {
    const wrong = cloudWatchCommands(markdown).filter((options) => !isAlarmable(options));
    expect(wrong).toEqual([]);
  });

  test('shows log lines with metrics and dimensions that are emitted', () => {
    const shown = [...markdown.matchAll(/^.*?(\{.*"_aws":.*\})$/gm)].map(([, json = '']) => JSON.parse(json));
    const wrong = shown.flatMap((line) => {
      const [{ Dimensions, Metrics }] = line._aws.CloudWatchMetrics as [EmbeddedMetrics];
      return Metrics.flatMap(({ Name }) => Dimensions.filter((names) => !isEmitted(Name, names)).map(() => Name));
    });
    expect(wrong).toEqual([]);
  });
});

test('there is a command that makes an alarm', () => {
  expect(documents.flatMap(({ markdown }) => cloudWatchCommands(markdown))).not.toEqual([]);
});

function isAlarmable({ name, dimensions }: CloudWatchCommand): boolean {
  if (!isEmitted(name, Object.keys(dimensions))) return false;
  const { service, lookup = 'findOnlineAgent', code = 'internal' } = dimensions;
  const isLookup = LOOKUPS.some((known) => known.lookup.name === lookup);
  return service === lines[0].service && isLookup && Object.hasOwn(PROBLEMS, code);
}

interface CloudWatchCommand {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Those of our namespace. */
function cloudWatchCommands(markdown: string): CloudWatchCommand[] {
  const commands = markdown.replaceAll(/\\\n\s*/g, '').match(/aws cloudwatch .*/g) ?? [];
  return commands.filter(isOurs).map((command) => ({
    name: /--metric-name (\S+)/.exec(command)?.[1] ?? '',
    dimensions: Object.fromEntries(
      [...command.matchAll(/Name=([^,\s]+),Value=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  }));
}

function isOurs(command: string): boolean {
  return /--namespace \W?ContactLookups/.test(command);
}

function isEmitted(name: string, dimensions: readonly string[]): boolean {
  return emitted[name]?.dimensions.includes(setOf(dimensions)) ?? false;
}

function setOf(names: readonly string[]): string {
  return [...names].sort().join(' ');
}

function collect(
  found: readonly { readonly name: string; readonly unit: string; readonly dimensions: string }[],
): Record<string, Metric> {
  const names = [...new Set(found.map(({ name }) => name))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const same = found.filter((each) => each.name === name);
      const units = [...new Set(same.map(({ unit }) => unit))];
      return [
        name,
        { unit: units.join(' '), dimensions: [...new Set(same.map(({ dimensions }) => dimensions))].sort() },
      ];
    }),
  );
}

function section(markdown: string, heading: string): string {
  return markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Tables as rows, each with its cells by the heads of their columns. */
function tablesOf(markdown: string): Record<string, string>[][] {
  const tables = markdown.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables.map((table) => {
    const [heads = [], , ...rows] = table
      .trim()
      .split('\n')
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    return rows.map((cells) => Object.fromEntries(heads.map((head, index) => [head, cells[index] ?? ''])));
  });
}
