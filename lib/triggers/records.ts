import type * as z from 'zod/mini';
import { isJsonObject } from '../http/body.ts';
import { Problem } from '../problem.ts';
import { describeIssues } from '../schema/issues.ts';

/** Whether the event is a list of records of that source. Most services write `eventSource`, SNS `EventSource`. */
export function isRecordsOf(event: unknown, source: string): boolean {
  const [first] = recordsOf(event);
  return isJsonObject(first) && (first['eventSource'] === source || first['EventSource'] === source);
}

/** None where the event is no list of records. */
export function recordsOf(event: unknown): readonly unknown[] {
  return isJsonObject(event) && Array.isArray(event['Records']) ? event['Records'] : [];
}

/**
 * An event that is a list of records of that source; undefined for any other.
 * @param schema of what is read of the event. No service breaks it, but anybody may invoke the function
 * @throws Problem `invalid-input`, with a pointer to each part that is missing or of another type
 */
export function readRecords<Event>(event: unknown, source: string, schema: z.ZodMiniType): Event | undefined {
  if (!isRecordsOf(event, source)) return undefined;
  const checked = schema.safeParse(event);
  if (checked.success) return event as Event;
  const detail = `The records say that they come from ${source}, and are not as it sends them; see \`errors\`.`;
  throw new Problem('invalid-input', detail, { errors: describeIssues(event, checked.error.issues) });
}
