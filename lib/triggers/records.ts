import { isJsonObject } from '../http/body.ts';

/** Whether the event is a list of records of that source. Most services write `eventSource`, SNS `EventSource`. */
export function isRecordsOf<Event>(event: unknown, source: string): event is Event {
  const [first] = recordsOf(event);
  return isJsonObject(first) && (first['eventSource'] === source || first['EventSource'] === source);
}

/** None where the event is no list of records. */
export function recordsOf(event: unknown): readonly unknown[] {
  return isJsonObject(event) && Array.isArray(event['Records']) ? event['Records'] : [];
}
