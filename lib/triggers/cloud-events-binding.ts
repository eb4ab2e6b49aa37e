import { isJsonObject } from '../http/body.ts';
import { type InputError, Problem } from '../problem.ts';
import { parseContent } from './content.ts';
import { type HttpRequest, readText, refuseCompressed } from './http-message.ts';
import { decodeUtf8 } from './utf8.ts';

/*
 * How CloudEvents 1.0 travel over HTTP, as JSON:
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */

/** Attributes in headers and data in the body; one event as the body; or a list of them. */
export type Mode = 'binary' | 'structured' | 'batch';

export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  /** Those of extensions among them. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /**
   * Undefined where the event has none.
   * @throws Problem `invalid-input` where the data is not JSON
   */
  readData(): unknown;
}

/** An event as it is sent. */
export interface SentCloudEvent {
  /** Text in the characters of URLs, which headers hold as they are. */
  readonly attributes: Readonly<Record<string, string>>;
  /** JSON. */
  readonly data: unknown;
}

const REQUIRED = ['id', 'source', 'specversion', 'type'] as const;
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const JSON_TYPE = 'application/json';
// `*/json` or `*/*+json` (JSON format, 3.1.1).
const JSON_DATA = /^[^\s/;]+\/(?:[^\s/;]+\+)?json\s*(?:;|$)/i;

/**
 * As many as are answered in the time of one function when the vendor is slow. A larger batch would fail each time that
 * it is sent again, all of it.
 */
const LARGEST_BATCH = 20;

/**
 * Undefined for a request that brings no CloudEvent. One of the attributes that every event has is enough, so that an
 * event which lacks another is refused as one, and not taken for a caller's own request.
 */
export function modeOf(headers: HttpRequest['headers']): Mode | undefined {
  const mediaType = mediaTypeOf(headers);
  if (mediaType.startsWith('application/cloudevents-batch')) return 'batch';
  if (mediaType.startsWith('application/cloudevents')) return 'structured';
  return REQUIRED.some((name) => headers[`ce-${name}`] !== undefined) ? 'binary' : undefined;
}

function mediaTypeOf(headers: HttpRequest['headers']): string {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** @throws Problem `invalid-input` where the request is not of CloudEvents 1.0 in plain JSON, 64 KiB and 20 events at most */
export function readCloudEvents(request: HttpRequest, mode: Mode): CloudEvent[] {
  refuseCompressed(request);
  if (mode === 'binary') return [readBinary(request)];
  const mediaType = mediaTypeOf(request.headers);
  if (mediaType !== STRUCTURED && mediaType !== BATCH) {
    const detail = `CloudEvents are read in the formats ${STRUCTURED} and ${BATCH}.`;
    throw new Problem('invalid-input', detail, { status: 415 });
  }
  const body = parseContent(readText(request), 'request body');
  if (mode === 'structured') return [readJsonFormat(body, '')];
  return readBatch(body);
}

function readBatch(body: unknown): CloudEvent[] {
  if (!Array.isArray(body)) throw new Problem('invalid-input', 'A batch of CloudEvents must be a JSON array.');
  if (body.length > LARGEST_BATCH) {
    const detail = `A batch may have ${LARGEST_BATCH} CloudEvents at most.`;
    throw new Problem('invalid-input', detail, { status: 413 });
  }
  return body.map((event, index) => readJsonFormat(event, `/${index}`));
}

function readBinary(request: HttpRequest): CloudEvent {
  const attributes: Record<string, unknown> = {};
  for (const [header, value] of Object.entries(request.headers)) {
    if (header.startsWith('ce-') && value !== undefined) attributes[header.slice(3)] = decode(value, header);
  }
  const contentType = request.headers['content-type'];
  if (contentType !== undefined) attributes['datacontenttype'] = contentType;
  return checked(attributes, '', () => {
    const text = readText(request);
    return text === '' ? undefined : parseData(text, contentType);
  });
}

/**
 * The value of a header: in quotes where older senders put it in them, and percent-encoded (HTTP binding, 3.1.3.2). What
 * is not percent-encoded text, since the sender encodes nothing, stays as it is.
 * @throws Problem `invalid-input` where encoded bytes are not UTF-8, as the binding demands
 */
function decode(value: string, header: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => decodeURIComponent(bytes));
  } catch {
    throw new Problem('invalid-input', `The header ${header} is not percent-encoded UTF-8.`);
  }
}

function readJsonFormat(event: unknown, pointer: string): CloudEvent {
  if (!isJsonObject(event)) throw noCloudEvent([{ pointer, detail: 'must be a JSON object' }]);
  const { data, data_base64: base64, ...members } = event;
  // Null is the same as absent (JSON format, 2.2).
  const attributes = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
  const { datacontenttype } = attributes;
  return checked(attributes, pointer, () => {
    if (typeof base64 === 'string') return parseData(decodeBase64(base64), datacontenttype);
    requireJson(datacontenttype);
    return data;
  });
}

function decodeBase64(base64: string): string {
  return decodeUtf8(Buffer.from(base64, 'base64'), 'data of the CloudEvent');
}

function parseData(text: string, contentType: unknown): unknown {
  requireJson(contentType);
  return parseContent(text, 'data of the CloudEvent');
}

/** What says nothing of its type is JSON (JSON format, 3.1.2). */
function requireJson(contentType: unknown = JSON_TYPE): void {
  if (typeof contentType === 'string' && JSON_DATA.test(contentType.trim())) return;
  throw new Problem('invalid-input', 'The data of the CloudEvent must be JSON.', { status: 415 });
}

function checked(attributes: CloudEvent['attributes'], pointer: string, readData: () => unknown): CloudEvent {
  const { id, source, specversion } = attributes;
  const errors: InputError[] = REQUIRED.filter((name) => !isText(attributes[name])).map((name) => ({
    pointer: `${pointer}/${name}`,
    detail: 'is required of a CloudEvent',
  }));
  if (isText(specversion) && specversion !== '1.0') {
    errors.push({ pointer: `${pointer}/specversion`, detail: 'must be 1.0' });
  }
  if (errors.length > 0 || !isText(id) || !isText(source)) throw noCloudEvent(errors);
  return { id, source, attributes, readData };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function noCloudEvent(errors: readonly InputError[]): Problem {
  return new Problem('invalid-input', 'The request is not of CloudEvents 1.0; see `errors`.', { errors });
}

/** In the mode that the request came in. */
export function writeCloudEvents(
  events: readonly SentCloudEvent[],
  mode: Mode,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const [first] = events;
  if (mode === 'binary' && first) {
    const headers = Object.entries(first.attributes).map(([name, value]) => [`ce-${name}`, value]);
    return {
      headers: { 'content-type': JSON_TYPE, ...Object.fromEntries(headers) },
      body: JSON.stringify(first.data),
    };
  }
  const bodies = events.map(({ attributes, data }) => ({ ...attributes, datacontenttype: JSON_TYPE, data }));
  return mode === 'batch'
    ? { headers: { 'content-type': BATCH }, body: JSON.stringify(bodies) }
    : { headers: { 'content-type': STRUCTURED }, body: JSON.stringify(bodies[0]) };
}
