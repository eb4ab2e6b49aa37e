import { describe, expect, test } from 'vitest';
import { BATCH_TYPE, binary, eventOf, INPUT, startCec, structuredJson } from './cloud-events-support.ts';
import { FRONTS, HTTP_API, invoke, type Sent } from './http-support.ts';

const EVENT = { specversion: '1.0', id: '1', source: '/s', type: 't', data: INPUT };
const batch = (body: string): Sent => ({ headers: { 'content-type': BATCH_TYPE }, body });
const ofType = (contentType: string): Sent => ({
  headers: { 'content-type': contentType },
  body: JSON.stringify(EVENT),
});

function binaryWith(changes: Record<string, string | undefined>): Sent {
  const { headers, body } = binary(eventOf(INPUT));
  const kept = Object.entries({ ...headers, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { headers: Object.fromEntries(kept), body: body ?? null };
}

const required = (pointer: string) => ({ errors: [{ pointer, detail: 'is required of a CloudEvent' }] });
const version = (pointer: string) => ({ errors: [{ pointer, detail: 'must be 1.0' }] });

const COMPRESSED = {
  detail: 'The request body is compressed, by its Content-Encoding. Send it as plain JSON, without that header.',
};

const REFUSALS: [string, Sent, number, object][] = [
  ['headers without an id', binaryWith({ 'ce-id': undefined }), 400, required('/id')],
  ['headers without a source', binaryWith({ 'ce-source': undefined }), 400, required('/source')],
  ['headers without a type', binaryWith({ 'ce-type': undefined }), 400, required('/type')],
  ['headers without a version', binaryWith({ 'ce-specversion': undefined }), 400, required('/specversion')],
  ['headers with an empty id', binaryWith({ 'ce-id': '' }), 400, required('/id')],
  ['headers of another version', binaryWith({ 'ce-specversion': '0.3' }), 400, version('/specversion')],
  [
    'a header that is not UTF-8',
    binaryWith({ 'ce-subject': '%C0%A0' }),
    400,
    { detail: 'The header ce-subject is not percent-encoded UTF-8.' },
  ],
  ['an event without an id', structuredJson({ ...EVENT, id: undefined }), 400, required('/id')],
  ['an event whose source is null', structuredJson({ ...EVENT, source: null }), 400, required('/source')],
  ['an event whose id is no text', structuredJson({ ...EVENT, id: 7 }), 400, required('/id')],
  ['an event of another version', structuredJson({ ...EVENT, specversion: '2.0' }), 400, version('/specversion')],
  [
    'an event that is a list',
    structuredJson([EVENT]),
    400,
    { errors: [{ pointer: '', detail: 'must be a JSON object' }] },
  ],
  ['an event that is not JSON', structuredJson('{"specversion":'), 400, { detail: 'The request body is not JSON.' }],
  ['an event without a body', structuredJson(''), 400, {}],
  ['an event of more than 64 KiB', structuredJson(JSON.stringify(EVENT).padEnd(64 * 1024 + 1)), 413, {}],
  ['an event in XML', ofType('application/cloudevents+xml'), 415, {}],
  ['an event in Avro', ofType('application/cloudevents+avro'), 415, {}],
  ['an event in no format', ofType('application/cloudevents'), 415, {}],
  ['a binary one that is compressed', binaryWith({ 'content-encoding': 'gzip' }), 415, COMPRESSED],
  [
    'a structured one that is compressed',
    { ...structuredJson(EVENT), headers: { ...structuredJson(EVENT).headers, 'content-encoding': 'br' } },
    415,
    COMPRESSED,
  ],
  ['a batch in another format', ofType('application/cloudevents-batch+xml'), 415, {}],
  [
    'a batch that is no list',
    batch(JSON.stringify(EVENT)),
    400,
    { detail: 'A batch of CloudEvents must be a JSON array.' },
  ],
  [
    'a batch with one that is none',
    batch(JSON.stringify([EVENT, 'text'])),
    400,
    { errors: [{ pointer: '/1', detail: 'must be a JSON object' }] },
  ],
  ['a batch with one without a type', batch(JSON.stringify([EVENT, { ...EVENT, type: '' }])), 400, required('/1/type')],
  ['a batch of 21', batch(JSON.stringify(Array.from({ length: 21 }, () => EVENT))), 413, {}],
];

describe.each(REFUSALS)('%s', (_what, sent, status, body) => {
  test('is refused before anything is asked of anybody, whichever service brings it', async () => {
    const world = await startCec();
    for (const front of FRONTS) {
      expect(await invoke(world, front.event(sent))).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
        body: { code: 'invalid-input', status, retryable: false, instance: 'urn:uuid:a-request', ...body },
      });
    }
    expect(world.vendor.requests).toEqual([]);
    expect(world.secretsManager.requests).toEqual([]);
    expect(world.outcomes).toHaveLength(FRONTS.length);
    for (const outcome of world.outcomes)
      expect(outcome).toMatchObject({ problem: 'invalid-input', trigger: 'cloudevents' });
  });
});

test.each([
  ['not JSON', binaryWith({}), 'canary-{'],
  ['more than 64 KiB', binaryWith({}), `"canary-${'x'.repeat(64 * 1024)}"`],
  ['XML', binaryWith({ 'content-type': 'application/xml' }), '<canary-/>'],
])('data that is %s is a failed lookup, and is not quoted', async (_what, sent, body) => {
  const world = await startCec();
  const answer = await invoke(world, HTTP_API.event({ ...sent, body }));
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'ce-type': 'contact-lookups.lookup.failed' },
    body: { problem: { code: 'invalid-input' } },
  });
  expect(answer.text + JSON.stringify(world.outcomes)).not.toContain('canary-');
});

test('a body that is malformed is not quoted', async () => {
  const world = await startCec();
  for (const sent of [structuredJson('{"password":"canary-'), batch('["canary-'), batch('[{"password":"canary-"}]')]) {
    const answer = await invoke(world, HTTP_API.event(sent));
    expect(answer.status).toBe(400);
    expect(answer.text + JSON.stringify(world.outcomes)).not.toContain('canary-');
  }
});

test('what names no account that can be is told as that', async () => {
  const world = await startCec();
  const { headers, body } = structuredJson('');
  const answer = await invoke(
    world,
    HTTP_API.event({ headers: { ...headers, 'x-vendor-account': '../x' }, body: body ?? null }),
  );
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  expect(world.outcomes[0]).not.toHaveProperty('account');
});
