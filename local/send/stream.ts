import { setTimeout as pause } from 'node:timers/promises';
import { stringifyJson } from '../../lib/json/int64.ts';
import type { Listener } from './ending.ts';
import type { LocalServices } from './local-services.ts';
import type { Order } from './order.ts';
import { endingOf } from './results.ts';

/** A record as it stands in the event of its stream. */
export interface StreamRecord {
  /** The result's `messageId`. */
  readonly eventID: string;
  /** Not in the event. */
  readonly sequenceNumber: string;
  readonly record: object;
}

/** Lambda's default for streams: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html */
const BATCH_SIZE = 100;
/** Lambda itself goes on until the stream drops the record. */
const MAX_TRIES = 10;
const LONGEST_WAIT_S = 60;

/**
 * What Lambda's event source mapping does with one shard of a stream: batches in their order, and after a failure again
 * from the first failed sequence number on. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * No page tells how long Lambda waits in between.
 */
export async function sendAsStream(
  records: readonly StreamRecord[],
  { lookup, hurry }: Order,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  const ended = new Set<string>();
  let next = 0;
  let tries = 0;

  while (next < records.length) {
    const batch = records.slice(next, next + BATCH_SIZE);
    const event = stringifyJson({ Records: batch.map(({ record }) => record) });
    const { payload, failed } = await local.invoke(lookup, event, 'RequestResponse');
    for (const result of await local.newResults()) {
      const id = String(result.detail['messageId']);
      if (ended.has(id) || !batch.some(({ eventID }) => eventID === id)) continue;
      ended.add(id);
      listener.end(endingOf(result));
    }
    const done = failed ? 0 : countDone(payload, batch);
    next += done;
    if (done === batch.length) {
      tries = 0;
      continue;
    }
    tries = done > 0 ? 1 : tries + 1;
    const number = records[next]?.sequenceNumber;
    if (tries >= MAX_TRIES) {
      const reason = `given up after ${MAX_TRIES} tries of sequence number ${number}, where Lambda would go on`;
      for (const { eventID } of records.slice(next)) {
        if (!ended.has(eventID)) listener.end({ kind: 'without a result', reason });
      }
      return;
    }
    const seconds = Math.min(LONGEST_WAIT_S, 2 ** tries);
    if (hurry) continue;
    listener.note(`the stream is read again from sequence number ${number} on, in ${seconds} s`);
    await pause(seconds * 1000);
  }
}

/** How many records there are before the first that failed. One that names no record of the batch fails all of it. */
function countDone(payload: string, batch: readonly StreamRecord[]): number {
  const { batchItemFailures = [] } = (JSON.parse(payload) ?? {}) as {
    batchItemFailures?: readonly { readonly itemIdentifier: string }[];
  };
  const places = batchItemFailures.map(({ itemIdentifier }) =>
    batch.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
  );
  return Math.max(0, Math.min(batch.length, ...places));
}
