import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROBLEMS } from '../../lib/problem.ts';
import { checkAccountSecret } from '../../scripts/account-secret.ts';
import { vendors } from '../../scripts/vendors.ts';

interface ServerlessYml {
  readonly functions: Readonly<Record<string, { readonly events: readonly { readonly httpApi: Route }[] }>>;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

const documents = globSync(['*.md', 'docs/**/*.md']).sort();
const readme = readFileSync('README.md', 'utf8');
const { functions } = parse(readFileSync('serverless.yml', 'utf8')) as ServerlessYml;

describe.each(documents)('%s', (document) => {
  const links = relativeLinks(readFileSync(document, 'utf8'));

  test('links to files that are there', () => {
    const missing = links.filter(({ path }) => path !== '' && !existsSync(join(dirname(document), path)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  test('links to headings that are there', () => {
    const missing = links.filter(({ path, anchor }) => {
      const target = path === '' ? document : join(dirname(document), path);
      return anchor !== '' && existsSync(target) && !headingAnchors(readFileSync(target, 'utf8')).has(anchor);
    });
    expect(missing).toEqual([]);
  });
});

test('the README names every lookup and its route', () => {
  // A function without a route is no lookup.
  const lookups = Object.entries(functions).filter(([, { events }]) => events);
  const missing = lookups.flatMap(([name, { events }]) =>
    [`### ${name}\n`, ...events.map(({ httpApi: { method, path } }) => `\`${method} ${path}\``)].filter(
      (text) => !readme.includes(text),
    ),
  );
  expect(lookups).toHaveLength(5);
  expect(missing).toEqual([]);
});

test.each(['README.md', 'docs/problems.md'])('%s has every problem code with its status', (document) => {
  const rows = readFileSync(document, 'utf8').split('\n');
  const missing = Object.entries(PROBLEMS).filter(
    ([code, { status }]) => !rows.some((row) => row.startsWith(`| \`${code}\` | ${status}`)),
  );
  expect(missing.map(([code]) => code)).toEqual([]);
});

test('docs/session.md shows every problem code as an answer, but a defect of ours', () => {
  const session = readFileSync('docs/session.md', 'utf8');
  const missing = Object.keys(PROBLEMS).filter((code) => !session.includes(`"code":"${code}"`));
  expect(missing).toEqual(['internal']);
});

test("the README's file of secrets has an account of every vendor, and each is valid", () => {
  const secrets = readSecrets(readme);
  const names = Object.keys(secrets).map((name) => name.split('/')[0]);
  expect([...new Set(names)].sort()).toEqual(Object.keys(vendors).sort());
  for (const [name, secret] of Object.entries(secrets)) checkAccountSecret(name, JSON.stringify(secret));
});

/** Links to files of the repository; `path` is empty for a heading of the same document. */
function relativeLinks(markdown: string): { path: string; anchor: string }[] {
  return [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { path, anchor };
    });
}

/** As GitHub derives them from headings. */
function headingAnchors(markdown: string): Set<string> {
  const headings = [...withoutCode(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*?^```/gms, '');
}

/** The block that begins with the first account's name. */
function readSecrets(markdown: string): Readonly<Record<string, object>> {
  const block = /^```json\n(\{\n {2}"huawei-cec\/.*?)^```/ms.exec(markdown)?.[1];
  if (!block) throw new Error('README.md has no file of secrets');
  return JSON.parse(block) as Readonly<Record<string, object>>;
}
