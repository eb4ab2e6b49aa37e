import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/* The import rules stand in biome.json; here is what a linter does not see. */

const VENDORS = ['huawei-cec', 'huawei-isdp', 'huawei-agent-gateway', 'volcengine-im'];

const sources = (pattern: string) => globSync(pattern).map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test.each(VENDORS)('in what is deployed, %s is named in its own files alone', (vendor) => {
  const own = [`lib/vendors/${vendor}.ts`, `lib/vendors/${vendor}/`, `functions/${vendor}/`];
  const strangers = sources('{lib,functions}/**/*.ts')
    .filter(({ path }) => !own.some((place) => path.startsWith(place)))
    .filter(({ text }) => text.includes(vendor))
    .map(({ path }) => path);
  expect(strangers).toEqual([]);
});

test('the AWS SDK is loaded when it is first needed, never with the function', () => {
  const eager = sources('{lib,functions}/**/*.ts')
    .filter(({ text }) => /^import (?!type\b)[^;]*from '@aws-sdk\//m.test(text))
    .map(({ path }) => path);
  expect(eager).toEqual([]);
});

test('node:http, which takes longer to load than a function, is loaded by those alone who need it', () => {
  const eager = sources('{lib,functions}/**/*.ts')
    .filter(({ text }) => /^import (?!type\b)[^;]*from 'node:https?'/m.test(text))
    .map(({ path }) => path);
  expect(eager).toEqual([]);
});

test('no import brings every locale of zod', () => {
  const wide = sources('{lib,functions,local,scripts,test}/**/*.ts')
    .filter(({ text }) => /from 'zod'/m.test(text.replaceAll("/from 'zod'/", '')))
    .map(({ path }) => path);
  expect(wide).toEqual([]);
});
