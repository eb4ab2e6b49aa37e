import { randomUUID } from 'node:crypto';
import { AwsError, type AwsFault, type Input, parse, startAwsJson } from './aws-json.ts';
import { createClock } from './simulators/server.ts';

/**
 * Amazon EventBridge on loopback, for the SDK's own client: PutEvents, after
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html . There are no rules: it keeps what its
 * buses took. It refuses a bus that is not here, where the real service answers as if it had taken the event, and drops it
 * (https://github.com/aws/aws-cli/issues/9186). The wording of its errors is what the service was recorded to say in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/events/test_events.snapshot.json .
 */

/** One name, for whoever needs no other. */
export const LOCAL_BUS = 'contact-lookups-local';

export interface EventBusOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Names or ARNs; default LOCAL_BUS alone. A request may use either for each. */
  readonly buses?: readonly string[];
  /** Default: the time of this machine. */
  readonly clock?: { now(): number };
  /**
   * Bytes that the entries of a request may have together, and so the most that one may have; default 256 KiB, as
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/events/CalculatePutEventsEntrySize.html has it. The API reference
   * in later SDKs says 1 MB.
   */
  readonly maxRequestBytes?: number;
}

/** An event as a bus took it. */
export interface ReceivedEvent {
  /** EventBridge's own, as in the answer. */
  readonly id: string;
  /** The bus's name, also where the request had its ARN. */
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** `detail` to the byte. */
  readonly detailText: string;
  readonly resources: readonly string[];
  /** ISO 8601: the entry's own, else when it came. */
  readonly time: string;
  /** As EventBridge counts them. */
  readonly entryBytes: number;
}

/** The next entries that could be taken fail, each by itself, in an answer of status 200. */
export interface EntryFault {
  /** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html has the codes. */
  readonly errorCode: string;
  /** How many entries it meets; default 1. */
  readonly entries?: number;
  /** How many are taken before; default 0. */
  readonly after?: number;
}

export interface EventBus {
  /** The value of AWS_ENDPOINT_URL_EVENTBRIDGE. */
  readonly url: string;
  /** In the order in which they came. */
  readonly events: readonly ReceivedEvent[];
  /** Every PutEvents that came, also those that failed. */
  readonly requests: readonly { readonly entries: number; readonly bytes: number }[];
  fail(fault: AwsFault | EntryFault): void;
  /** Calls for each event from now on, as soon as it is taken; the answer is a function that ends it. */
  onEvent(listener: (event: ReceivedEvent) => void): () => void;
  /** Forgets faults, events and requests. */
  reset(): void;
  close(): Promise<void>;
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
const MAX_DETAIL_TYPE_LENGTH = 128;
const BUS_NAME = /^(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[.\-_A-Za-z0-9]+$/;
const TIME_BYTES = 14;

/**
 * Its control address, `<url>/__control/`, takes `POST faults` (an AwsFault or EntryFault), `GET events?after=<n>`
 * (`{ next, events }`: those after the first n, and the n to ask with next), `GET requests` and `DELETE` of all.
 */
export async function startEventBus(options: EventBusOptions = {}): Promise<EventBus> {
  const clock = options.clock ?? createClock();
  const buses = new Set((options.buses ?? [LOCAL_BUS]).map(nameOf));
  const events: ReceivedEvent[] = [];
  const requests: { entries: number; bytes: number }[] = [];
  const entryFaults: { errorCode: string; after: number; left: number }[] = [];
  const listeners = new Set<(event: ReceivedEvent) => void>();

  function fail(fault: AwsFault | EntryFault): void {
    if ('errorCode' in fault) {
      entryFaults.push({ errorCode: fault.errorCode, after: fault.after ?? 0, left: fault.entries ?? 1 });
    } else {
      service.fail(fault);
    }
  }

  function takeEntryFault(): string | undefined {
    const fault = entryFaults[0];
    if (!fault) return undefined;
    if (fault.after > 0) {
      fault.after -= 1;
      return undefined;
    }
    fault.left -= 1;
    if (fault.left <= 0) entryFaults.shift();
    return fault.errorCode;
  }

  function put(entry: Input): object {
    const wrong = findFault(entry);
    if (wrong) return wrong;
    const errorCode = takeEntryFault();
    if (errorCode) return { ErrorCode: errorCode, ErrorMessage: 'A fault that was asked for.' };

    const time = entry['Time'];
    const detailText = String(entry['Detail']);
    const event: ReceivedEvent = {
      id: randomUUID(),
      bus: nameOf(String(entry['EventBusName'] ?? 'default')),
      source: String(entry['Source']),
      detailType: String(entry['DetailType']),
      detail: parse(detailText) ?? {},
      detailText,
      resources: readResources(entry),
      time: new Date(typeof time === 'number' ? time * 1000 : clock.now()).toISOString(),
      entryBytes: sizeOf(entry),
    };
    events.push(event);
    for (const listener of listeners) listener(event);
    return { EventId: event.id };
  }

  function putEvents({ Entries: entries }: Input): object {
    if (!isEntries(entries)) throw new AwsError('SerializationException', 'Entries is no list of objects.');
    if (entries.length === 0) throw invalid('entries', 'Member must have length greater than or equal to 1');
    if (entries.length > MAX_ENTRIES) throw invalid('entries', 'Member must have length less than or equal to 10');
    for (const [index, { EventBusName: bus }] of entries.entries()) {
      if (bus === undefined || BUS_NAME.test(String(bus))) continue;
      const place = `entries.${index + 1}.member.eventBusName`;
      throw invalid(place, `Member must satisfy regular expression pattern: ${BUS_NAME.source}`);
    }
    if (totalOf(entries) > (options.maxRequestBytes ?? 262_144)) {
      throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
    }
    for (const { EventBusName: name = 'default' } of entries) {
      const bus = nameOf(String(name));
      if (buses.has(bus)) continue;
      const message = `Event bus ${bus} does not exist here; there is ${[...buses].join(', ')}. Rules are not run.`;
      throw new AwsError('ResourceNotFoundException', message);
    }
    const results = entries.map(put);
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  function reset(): void {
    service.heal();
    for (const list of [events, requests, entryFaults]) list.length = 0;
  }

  const service = await startAwsJson({
    port: options.port,
    version: '1.1',
    target: 'AWSEvents',
    faultType: 'InternalException',
    actions: { PutEvents: putEvents },
    onRequest: (_, { Entries: entries }) => {
      const readable = isEntries(entries) ? entries : [];
      requests.push({ entries: readable.length, bytes: totalOf(readable) });
    },
    control: {
      'POST faults': (fault) => {
        fail(fault);
        return {};
      },
      'GET events': (_, query) => ({
        next: events.length,
        events: events.slice(Number(query.get('after') ?? 0)),
      }),
      'GET requests': () => requests,
      'DELETE ': () => {
        reset();
        return {};
      },
    },
  });

  return {
    url: service.url,
    events,
    requests,
    fail,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    reset,
    close: service.close,
  };
}

/** `arn:aws:events:<region>:<account>:event-bus/<name>` or the name itself. */
const nameOf = (bus: string) => bus.slice(bus.lastIndexOf('/') + 1);

/**
 * Finds a fault of one entry, as its result has it. The API reference says that a request fails as a whole if none of
 * its entries has all three fields; the service was recorded to fail the entries instead.
 */
function findFault(entry: Input): object | undefined {
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (!entry[name]) return invalidArgument(name, `${name} is a required argument.`);
  }
  if (String(entry['DetailType']).length > MAX_DETAIL_TYPE_LENGTH) {
    // No page and no record has the words for this one.
    return invalidArgument('DetailType', `DetailType is longer than ${MAX_DETAIL_TYPE_LENGTH} characters.`);
  }
  if (!parse(String(entry['Detail']))) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return undefined;
}

const invalidArgument = (name: string, reason: string) => ({
  ErrorCode: 'InvalidArgument',
  ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}`,
});

function invalid(place: string, constraint: string): AwsError {
  const message = `1 validation error detected: Value at '${place}' failed to satisfy constraint: ${constraint}`;
  return new AwsError('ValidationException', message);
}

/** The rule is https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html 's. */
function sizeOf(entry: Input): number {
  const texts = [entry['Source'], entry['DetailType'], entry['Detail'], ...readResources(entry)];
  const bytes = texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0), 0);
  return bytes + (entry['Time'] === undefined ? 0 : TIME_BYTES);
}

const totalOf = (entries: readonly Input[]) => entries.reduce((sum, entry) => sum + sizeOf(entry), 0);

const readResources = ({ Resources: resources }: Input) => (Array.isArray(resources) ? resources.map(String) : []);

const isEntries = (value: unknown): value is Input[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null);
