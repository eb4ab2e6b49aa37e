import { readFileSync } from 'node:fs';
import type { Response, World } from '../../support/world.ts';
import { FUNCTION_TIMEOUT_MS } from '../../support/world.ts';

/** A request as its sender writes it. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: tests take events apart as they like.
type Event = Record<string, any>;

/** One of the ways in which a request over HTTP reaches a function. */
export interface Front {
  readonly name: string;
  /** The event that its service makes of the request, in the shape of the files in test/events. */
  event(sent: Sent): Event;
}

export function readEvent(file: string): Event {
  return JSON.parse(readFileSync(new URL(`../../events/${file}`, import.meta.url), 'utf8'));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const capitalized = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
const renamed = <Value>(record: object, rename: (name: string, value: unknown) => [string, Value]) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => rename(name, value)));
const lists = (headers: object) => renamed(headers, (name, value) => [name, [value]]);

/** Names of headers in lower case, values as text, as HTTP APIs, function URLs and load balancers give them. */
const plain =
  (file: string, isBase64Encoded = false) =>
  ({ headers, body = null }: Sent): Event => {
    const event = readEvent(file);
    return {
      ...event,
      headers: { ...event['headers'], ...headers },
      body: isBase64Encoded && body !== null ? base64(body) : body,
      isBase64Encoded,
    };
  };

/** REST APIs keep the names as they were written, and have every header twice. */
const rest =
  (file: string, changes: object = {}) =>
  ({ headers = {}, body = null }: Sent): Event => {
    const event = readEvent(file);
    const all = { ...event['headers'], ...renamed(headers, (name, value) => [capitalized(name), value]) };
    return { ...event, ...changes, headers: all, multiValueHeaders: lists(all), body, isBase64Encoded: false };
  };

const multiValue = ({ headers = {}, body = '' }: Sent): Event => {
  const event = readEvent('alb-multi-value.json');
  return { ...event, multiValueHeaders: { ...event['multiValueHeaders'], ...lists(headers) }, body };
};

export const FRONTS: readonly Front[] = [
  { name: 'an HTTP API', event: plain('http-api-jwt.json') },
  { name: 'an HTTP API in base64', event: plain('http-api-iam.json', true) },
  { name: 'an HTTP API with payload format 1.0', event: rest('rest-api-cognito.json', { version: '1.0' }) },
  { name: 'a function URL', event: plain('function-url-iam.json') },
  { name: 'a function URL in base64', event: plain('function-url-none.json', true) },
  { name: 'a REST API', event: rest('rest-api-iam.json') },
  { name: 'a load balancer', event: plain('alb.json') },
  { name: 'a load balancer in base64', event: plain('alb-base64.json', true) },
  { name: 'a load balancer with multi-value headers', event: multiValue },
];

export const HTTP_API = FRONTS[0] as Front;

export interface Answered extends Response {
  /** As the function returned it. */
  readonly result: Event;
}

/** Invokes the function with an event; headers of the answer come as text, whatever the event. */
export async function invoke(world: World, event: unknown, requestId = 'a-request'): Promise<Answered> {
  const endsAt = world.clock.now() + FUNCTION_TIMEOUT_MS;
  const result = (await world.handler(event, {
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => endsAt - world.clock.now(),
  })) as Event;
  const headers: Record<string, unknown> =
    result['headers'] ?? renamed(result['multiValueHeaders'], (name, values) => [name, (values as string[]).join()]);
  const text: string = result['body'];
  return { result, status: result['statusCode'], headers, body: JSON.parse(text), text };
}
