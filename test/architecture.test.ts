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

/** They tell others a time, or compare one that others told. Every other time is a duration or an age. */
const READERS_OF_THE_WALL_CLOCK = [
  'lib/credentials/shared/dynamodb.ts',
  'lib/credentials/shared/fleet-mint.ts',
  'lib/http/dispatch.ts',
  'lib/triggers/batch.ts',
  'lib/triggers/cloud-events.ts',
  'lib/vendors/huawei-agent-gateway/fleet-sessions.ts',
  'lib/vendors/huawei-agent-gateway/keeper/agent-item.ts',
  'lib/vendors/huawei-agent-gateway/keeper/describe-keeping.ts',
  'lib/vendors/huawei-agent-gateway/keeper/keeper-lease.ts',
  'lib/vendors/huawei-agent-gateway/keeper/retire-agent.ts',
  'lib/vendors/huawei-agent-gateway/shared-places.ts',
  'lib/vendors/volcengine-im.ts',
];

test('the wall clock, which may be set at any time, measures neither a duration nor an age', () => {
  const readers = sources('{lib,functions}/**/*.ts')
    .filter(({ path }) => !path.startsWith('lib/time/'))
    .filter(({ text }) => /\bclock\.now\(\)|\bDate\.now\(\)/.test(text))
    .map(({ path }) => path);
  expect(readers.sort()).toEqual(READERS_OF_THE_WALL_CLOCK);
});
