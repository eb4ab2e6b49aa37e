import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { stringifyJson } from '../../lib/json/int64.ts';
import type { Listener } from './ending.ts';
import type { LocalServices } from './local-services.ts';
import type { Mode, Order } from './order.ts';

/*
 * CloudEvents 1.0 over HTTP, as event services of other clouds send them:
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */

/** How long and how often services try again is each one's own. */
const MAX_TRIES = 5;

export interface CloudEventRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Events in it. */
  readonly count: number;
}

/** One request for all messages in batch mode, and one for each otherwise. */
export function cloudEventRequests(messages: readonly unknown[], mode: Mode): CloudEventRequest[] {
  const attributes = () => ({
    specversion: '1.0',
    id: randomUUID(),
    source: '/contact-lookups/send',
    type: 'contact-lookups.lookup.requested',
    time: new Date().toISOString(),
  });
  if (mode === 'batch') {
    const events = messages.map((data) => ({ ...attributes(), datacontenttype: 'application/json', data }));
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    return [{ headers, body: stringifyJson(events), count: events.length }];
  }
  return messages.map((data) => {
    if (mode === 'binary') {
      const ce = Object.entries(attributes()).map(([name, value]) => [`ce-${name}`, value]);
      const headers = { 'content-type': 'application/json', ...Object.fromEntries(ce) };
      return { headers, body: stringifyJson(data), count: 1 };
    }
    const event = { ...attributes(), datacontenttype: 'application/json', data };
    return { headers: { 'content-type': 'application/cloudevents+json' }, body: stringifyJson(event), count: 1 };
  });
}

/** @param path of the lookup's route */
export async function sendCloudEvents(
  requests: readonly CloudEventRequest[],
  path: string,
  { hurry }: Order,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  for (const request of requests) {
    for (let tries = 1; ; tries += 1) {
      const response = await post(local.url + path, request);
      const body = await response.text();
      const worthAnother = response.status === 429 || response.status >= 500;
      if (!worthAnother || tries === MAX_TRIES) {
        endAll(readAnswers(response.headers, body), request, `HTTP ${response.status}: ${detailOf(body)}`, listener);
        break;
      }
      const seconds = Math.max(Number(response.headers.get('retry-after') ?? 0), 2 ** (tries - 1));
      if (hurry) continue;
      listener.note(`HTTP ${response.status}; the next try is in ${seconds} s`);
      await pause(seconds * 1000);
    }
  }
}

async function post(url: string, { headers, body }: CloudEventRequest): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers, body });
  } catch {
    throw new Error(`Nothing answers at ${new URL(url).origin}. Is \`npm start\` running?`);
  }
}

/** Of a problem document; nothing of any other answer. */
function detailOf(body: string): string {
  try {
    return String(JSON.parse(body).detail ?? 'no CloudEvent');
  } catch {
    return 'no CloudEvent';
  }
}

interface CloudEventAnswer {
  readonly type: string;
  readonly event: object;
}

/** Undefined where the answer is no CloudEvent. */
function readAnswers(headers: Headers, body: string): readonly CloudEventAnswer[] | undefined {
  const mediaType = headers.get('content-type') ?? '';
  if (mediaType.startsWith('application/cloudevents')) {
    const events = [JSON.parse(body)].flat();
    return events.map((event) => ({ type: event.type, event }));
  }
  const ce = [...headers].filter(([name]) => name.startsWith('ce-'));
  if (ce.length === 0) return undefined;
  const attributes = Object.fromEntries(ce.map(([name, value]) => [name.slice(3), value]));
  return [{ type: attributes['type'] ?? '', event: { ...attributes, data: JSON.parse(body) } }];
}

function endAll(
  answers: readonly CloudEventAnswer[] | undefined,
  { count }: CloudEventRequest,
  reason: string,
  listener: Listener,
): void {
  if (!answers) {
    for (let left = count; left > 0; left -= 1) listener.end({ kind: 'without a result', reason });
    return;
  }
  for (const { type, event } of answers) {
    const kind = type.endsWith('.succeeded') ? 'answered' : 'failed';
    listener.end({ kind, result: JSON.stringify(event) });
  }
}
