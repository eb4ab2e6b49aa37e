import { CloudEvent, type CloudEventV1, HTTP, type Message } from 'cloudevents';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld, type World, type WorldOptions } from '../../support/world.ts';
import { type Answered, type Front, HTTP_API, invoke, type Sent } from './http-support.ts';

export const INPUT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };
export const USER_INFO = '/apiaccess/rest/workbench/v1/getUserInfoBycallId';
export const BATCH_TYPE = 'application/cloudevents-batch+json';

/** With the secrets of `default` and `emea`. */
export async function startCec(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...options,
  });
  world.putSecret('emea', cecSecret(world.vendor.url));
  return world;
}

/** An event that asks for a lookup, as the official SDK makes it. */
export function eventOf(data: unknown, attributes: Partial<CloudEventV1<unknown>> = {}): CloudEvent<unknown> {
  return new CloudEvent({
    id: 'event-1',
    source: '/example/telephony',
    type: 'com.example.call.ended',
    ...attributes,
    data,
  });
}

/** The SDK reads batches and does not write them. */
export const batchOf = (events: readonly unknown[]): Sent => ({
  headers: { 'content-type': BATCH_TYPE },
  body: JSON.stringify(events),
});

export const binary = (event: CloudEvent<unknown>) => toSent(HTTP.binary(event));
export const structured = (event: CloudEvent<unknown>) => toSent(HTTP.structured(event));
export const MODES = {
  binary,
  structured,
  batch: (event: CloudEvent<unknown>) => batchOf([event]),
};

/** On the wire every value of a header is text. */
function toSent({ headers, body }: Message): Sent {
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { headers: Object.fromEntries(texts), body: body as string };
}

/** What is written by hand, since the SDK would not. */
export const structuredJson = (event: object | string): Sent => ({
  headers: { 'content-type': 'application/cloudevents+json' },
  body: typeof event === 'string' ? event : JSON.stringify(event),
});

// biome-ignore lint/suspicious/noExplicitAny: tests read answers as their readers would.
type Received = CloudEvent<any>;

export interface AnsweredEvents extends Answered {
  /** The events of the answer, as the SDK reads and checks them. */
  readonly events: readonly Received[];
  readonly event: Received;
}

export async function ask(
  world: World,
  sent: Sent,
  { front = HTTP_API, requestId }: { readonly front?: Front; readonly requestId?: string } = {},
): Promise<AnsweredEvents> {
  const answer = await invoke(world, front.event(sent), requestId);
  const read = HTTP.toEvent<unknown>({ headers: answer.headers as Message['headers'], body: answer.text });
  const events = [read].flat() as Received[];
  for (const event of events) event.validate();
  return { ...answer, events, event: events[0] as Received };
}
