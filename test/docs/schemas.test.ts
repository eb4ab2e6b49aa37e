import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, test } from 'vitest';
import { PROBLEMS, Problem, type ProblemCode } from '../../lib/problem.ts';
import { describeResult, type Origin, type ResultEvent, resultId } from '../../lib/results/result.ts';
import { FORMS } from '../../lib/triggers/mapping.ts';
import { success } from '../support/invoke.ts';
import { LOOKUPS, onlineAgents, userInfo } from '../support/lookups.ts';
import { startMessageWorld } from '../support/messages.ts';
import { startWorld } from '../support/world.ts';

/* The published schemas, held against what is published. */

type Schemas = Readonly<
  Record<string, { readonly properties: Readonly<Record<string, { readonly enum?: string[] }>> }>
>;

interface Document {
  readonly openapi: string;
  readonly components: { readonly schemas: Schemas };
}

const succeeded = JSON.parse(readFileSync('docs/schemas/lookup-succeeded.json', 'utf8')) as Document;
const failed = JSON.parse(readFileSync('docs/schemas/lookup-failed.json', 'utf8')) as Document;

const isSucceeded = compile(succeeded);
const isFailed = compile(failed);

/** The schema of the event in an OpenAPI 3.0 document, whose keywords around it are none of JSON Schema. */
function compile(document: Document): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } });
  return ajv.addSchema(document, 'document').compile({ $ref: 'document#/components/schemas/AWSEvent' });
}

const enumOf = (document: Document, schema: string, field: string) =>
  document.components.schemas[schema]?.properties[field]?.enum;

/** As a rule's target gets it: https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html */
function deliver({ source, detailType, detail }: Pick<ResultEvent, 'source' | 'detailType' | 'detail'>) {
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': detailType as string,
    source: source as string,
    account: '111122223333',
    time: '2026-11-22T00:00:00Z',
    region: 'eu-central-1',
    resources: [] as string[],
    detail: JSON.parse(detail) as Record<string, unknown>,
  };
}

/** Why an event does not conform; nothing where it does. */
function errorsOf(check: ValidateFunction, event: unknown): string[] {
  check(event);
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const ORIGIN: Origin = {
  id: resultId('getUserInfoByCallId', 'message'),
  lookup: 'getUserInfoByCallId',
  requestId: 'request',
  trigger: 'sqs',
  messageId: 'message',
};
const FULL_ORIGIN: Origin = { ...ORIGIN, correlationId: 'chat 7', account: 'emea-2' };

describe('a lookup that succeeded', () => {
  test.each(LOOKUPS)('$lookup.name conforms', async (known) => {
    const world = await startWorld(known);
    const { data, meta } = await success(world, known.input);
    const answer = { data: known.lookup.withoutSecrets?.(data) ?? data, meta };

    for (const origin of [ORIGIN, FULL_ORIGIN]) {
      const event = deliver(describeResult({ ...origin, lookup: known.lookup.name }, answer));
      expect(errorsOf(isSucceeded, event)).toEqual([]);
      expect(errorsOf(isFailed, event)).toContain("/detail must have required property 'problem'");
    }
  });

  test.each([
    [{ all: true }, undefined],
    [{ all: true, pageSize: 1 }, 'moving-rows'],
    [{}, 'big-ids'],
  ])('conforms with all that an answer can say of itself: %j, %s', async (input, vendorCase) => {
    const world = await startWorld(onlineAgents);
    if (vendorCase) world.vendor.fail({ path: 'findOnlineAgent', vendorCase, times: 99 });
    const result = describeResult({ ...ORIGIN, lookup: 'findOnlineAgent' }, await success(world, input));
    expect(errorsOf(isSucceeded, deliver(result))).toEqual([]);
  });
});

describe('a lookup that failed', () => {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];

  test.each(codes)('with %s conforms', (code) => {
    const vendor = { name: 'huawei-cec', code: '1', message: 'refused', requestId: 'a' };
    for (const problem of [
      new Problem(code, 'A detail.'),
      new Problem(code, 'A detail.', { vendor, retryAfterSeconds: 7, retryable: true }),
      new Problem(code, 'A detail.', {
        vendor: { name: 'huawei-cec' },
        errors: [{ pointer: '/input/a', detail: 'b' }],
      }),
    ]) {
      for (const origin of [ORIGIN, FULL_ORIGIN]) {
        const event = deliver(describeResult(origin, problem));
        expect(errorsOf(isFailed, event)).toEqual([]);
        expect(errorsOf(isSucceeded, event)).toContain("/detail must have required property 'data'");
      }
    }
  });

  test('for the size of its result conforms', () => {
    const result = describeResult(ORIGIN, new Problem('result-too-large', 'The result is too large.'));
    expect(errorsOf(isFailed, deliver(result))).toEqual([]);
  });
});

test('what a message really puts on the bus conforms', async () => {
  const world = await startMessageWorld(userInfo);
  const message = (id: string, detail: object) => ({
    ...deliver({ source: 'contact-lookups', detailType: 'Lookup Failed', detail: JSON.stringify(detail) }),
    id,
    source: 'example.telephony',
    'detail-type': 'Call Ended',
  });

  await world.deliver(message('one', { input: userInfo.input, correlationId: 'order-9' }));
  await world.deliver(message('other', { input: {}, account: 'NONE' }));

  const events = world.bus.events.map(({ source, detailType, detailText }) =>
    deliver({ source, detailType, detail: detailText } as ResultEvent),
  );
  expect(events.map((event) => event['detail-type'])).toEqual(['Lookup Succeeded', 'Lookup Failed']);
  expect(errorsOf(isSucceeded, events[0])).toEqual([]);
  expect(errorsOf(isFailed, events[1])).toEqual([]);
});

describe('what is not so does not conform', () => {
  const success = deliver(
    describeResult(FULL_ORIGIN, {
      data: {},
      meta: { lookup: 'getUserInfoByCallId', requestId: 'request', vendorMs: 5, attempts: 1 },
    }),
  );
  const failure = deliver(describeResult(FULL_ORIGIN, new Problem('not-found', 'A detail.')));
  const { detail } = success;
  const problem = failure.detail['problem'] as Record<string, unknown>;
  const meta = detail['meta'] as Record<string, unknown>;

  test('while these do', () => {
    expect(errorsOf(isSucceeded, success)).toEqual([]);
    expect(errorsOf(isFailed, failure)).toEqual([]);
  });

  test.each(['id', 'lookup', 'requestId', 'trigger', 'messageId'])('a detail without %s', (field) => {
    const missing = [`/detail must have required property '${field}'`];
    expect(errorsOf(isSucceeded, { ...success, detail: { ...detail, [field]: undefined } })).toEqual(missing);
    expect(errorsOf(isFailed, { ...failure, detail: { ...failure.detail, [field]: undefined } })).toEqual(missing);
  });

  test.each([
    ['another source', { ...success, source: 'aws.s3' }, '/source'],
    ['another detail-type', { ...success, 'detail-type': 'Lookup Failed' }, '/detail-type'],
    ['an id of another form', { ...success, detail: { ...detail, id: 'message' } }, '/detail/id'],
    ['a lookup that is none', { ...success, detail: { ...detail, lookup: 'queryEverything' } }, '/detail/lookup'],
    ['an account that can be none', { ...success, detail: { ...detail, account: 'A' } }, '/detail/account'],
    [
      'a correlationId of no characters',
      { ...success, detail: { ...detail, correlationId: '' } },
      '/detail/correlationId',
    ],
    ['a trigger that is none', { ...success, detail: { ...detail, trigger: 'http' } }, '/detail/trigger'],
    ['data that is no object', { ...success, detail: { ...detail, data: [] } }, '/detail/data'],
    ['no attempts', { ...success, detail: { ...detail, meta: { ...meta, attempts: 0 } } }, '/detail/meta/attempts'],
  ])('a success with %s', (_what, event, path) => {
    expect(errorsOf(isSucceeded, event)).toEqual([expect.stringContaining(`${path} `)]);
  });

  test.each([
    ['a code that is none', { code: 'no-luck' }, '/code'],
    ['a status that is none of a failure', { status: 200 }, '/status'],
    ['retryable as text', { retryable: 'false' }, '/retryable'],
    ['an error without its pointer', { errors: [{ detail: 'a' }] }, '/errors/0'],
    ['a vendor without its name', { vendor: { code: '1' } }, '/vendor'],
    ['no detail', { detail: undefined }, ''],
  ])('a failure with %s', (_what, changes, path) => {
    const event = { ...failure, detail: { ...failure.detail, problem: { ...problem, ...changes } } };
    expect(errorsOf(isFailed, event)).toEqual([expect.stringContaining(`/detail/problem${path} `)]);
  });
});

test('the schemas list what there is', () => {
  const lookups = LOOKUPS.map(({ lookup }) => lookup.name).sort();
  // CloudEvents are answered to their sender.
  const triggers = FORMS.filter((form) => form !== 'cloudevents').sort();
  for (const [document, schema] of [
    [succeeded, 'LookupSucceeded'],
    [failed, 'LookupFailed'],
  ] as const) {
    expect(document.openapi).toBe('3.0.0');
    expect(enumOf(document, schema, 'lookup')?.toSorted()).toEqual(lookups);
    expect(enumOf(document, schema, 'trigger')?.toSorted()).toEqual(triggers);
  }
  expect(enumOf(failed, 'Problem', 'code')?.toSorted()).toEqual(Object.keys(PROBLEMS).sort());
});
