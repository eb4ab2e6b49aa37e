import { isJsonObject } from '../http/body.ts';
import { type InputError, Problem } from '../problem.ts';

/**
 * The parts of a record that a trigger reads, by their paths in it. It is no schema of zod: each start of a function would
 * make that, also a start for HTTP.
 */
export type RecordShape = Readonly<Record<string, 'object' | 'text' | 'optional text'>>;

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
 * An event that is a list of records of that source; undefined for any other. No service breaks the shape of its records, but
 * anybody may invoke the function.
 * @throws Problem `invalid-input`, with a pointer to each part that is missing or of another type
 */
export function readRecords<Event>(event: unknown, source: string, shape: RecordShape): Event | undefined {
  if (!isRecordsOf(event, source)) return undefined;
  const errors = recordsOf(event).flatMap((record, index) => checkRecord(record, `/Records/${index}`, shape));
  if (errors.length === 0) return event as Event;
  const detail = `The records say that they come from ${source}, and are not as it sends them; see \`errors\`.`;
  throw new Problem('invalid-input', detail, { errors });
}

function checkRecord(record: unknown, pointer: string, shape: RecordShape): InputError[] {
  if (!isJsonObject(record)) return [{ pointer, detail: 'must be an object' }];
  const errors: InputError[] = [];
  for (const [path, kind] of Object.entries(shape)) {
    const value = path
      .split('/')
      .reduce<unknown>((inner, name) => (isJsonObject(inner) ? inner[name] : undefined), record);
    if (kind === 'object' ? isJsonObject(value) : typeof value === 'string') continue;
    if (value === undefined && kind === 'optional text') continue;
    const rule = kind === 'object' ? 'must be an object' : 'must be a string';
    errors.push({ pointer: `${pointer}/${path}`, detail: value === undefined ? 'is required' : rule });
  }
  return errors;
}
