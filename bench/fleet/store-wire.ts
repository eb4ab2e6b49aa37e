import { Pool } from 'undici';
import { dispatch } from '../../lib/http/dispatch.ts';
import type { HttpAnswer, HttpRequest } from '../../lib/http/message.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * What one partition of a table serves in a second, without what it may have saved up.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export const PARTITION = { reads: 3_000, writes: 1_000 } as const;

const THROTTLED = {
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  cookies: [],
  text: '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}',
};

/** As many requests at once; others wait, and time with them. */
const CONNECTIONS = 64;

/** The way of a fleet's requests to DynamoDB: real ones over sockets, for which time stands still. */
export interface StoreWire {
  /** `limited`: what comes above PARTITION in a second is throttled. */
  state: 'sound' | 'silent' | 'limited';
  /** Number of requests by operation, also of those that got no answer. */
  readonly calls: Map<string, number>;
  /** The most reads and the most writes that came within one second. */
  peak(): { reads: number; writes: number };
  /** Counts from now on. */
  forget(): void;
  /** Undefined where no answer ever comes. */
  answer(request: HttpRequest): Promise<HttpAnswer | undefined>;
  close(): Promise<void>;
}

export function createStoreWire(url: string, time: VirtualTime): StoreWire {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const seconds = new Map<number, { reads: number; writes: number }>();

  /** Whether the request is within the limit of its second. */
  function count(operation: string): boolean {
    wire.calls.set(operation, (wire.calls.get(operation) ?? 0) + 1);
    const second = Math.floor(time.now() / 1000);
    const counted = seconds.get(second) ?? { reads: 0, writes: 0 };
    seconds.set(second, counted);
    const kind = operation === 'UpdateItem' ? 'writes' : 'reads';
    counted[kind] += 1;
    return counted[kind] <= PARTITION[kind];
  }

  const wire: StoreWire = {
    state: 'sound',
    calls: new Map(),
    peak: () => ({
      reads: Math.max(0, ...[...seconds.values()].map(({ reads }) => reads)),
      writes: Math.max(0, ...[...seconds.values()].map(({ writes }) => writes)),
    }),
    forget: () => {
      wire.calls.clear();
      seconds.clear();
    },
    answer: async (request) => {
      const within = count((request.headers['x-amz-target'] ?? '').replace(/^.*\./, ''));
      if (wire.state === 'silent') return undefined;
      if (wire.state === 'limited' && !within) return { ...THROTTLED, receivedAt: time.now(), server: '' };
      // What has been sent has an effect, whether or not the sender still waits.
      const { signal } = new AbortController();
      const exchange = { url: new URL(request.url), request, signal, clock: time };
      return time.standStill(dispatch(pool, exchange));
    },
    close: () => pool.destroy(),
  };
  return wire;
}
