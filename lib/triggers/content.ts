import { isJsonObject } from '../http/body.ts';
import { parseJson } from '../json/int64.ts';
import { Problem } from '../problem.ts';
import type { Form } from './mapping.ts';
import { isRecordsOf, recordsOf } from './records.ts';

/** What a message holds, out of what it was wrapped in. */
export interface Content {
  readonly form: Form;
  /** What a mapping looks at. */
  readonly root: unknown;
  /** What is read as a message where the stage maps nothing. */
  readonly value: unknown;
  /** The name that the innermost service gave it: the same for each copy that an outer one delivers. */
  readonly id?: string;
}

/**
 * More than a message may be, since it may come wrapped or be mapped: what SQS and Kinesis carry at most where they are not
 * asked for more. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const MAX_BYTES = 1024 * 1024;

/** @throws Problem `invalid-input` for a content that would take long to read */
export function checkSize(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  const detail = 'The message, with all that it comes wrapped in, is larger than 1 MiB.';
  throw new Problem('invalid-input', detail, { status: 413 });
}

/**
 * JSON text, with every digit of its numbers.
 * @param what is meant in the error: `message`, `request body`
 * @throws Problem `invalid-input`
 */
export function parseContent(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // The parser's message quotes the text, which may hold a password.
    throw new Problem('invalid-input', `The ${what} is not JSON.`);
  }
}

/**
 * The content of a text that a queue or a stream carries: services that feed it wrap theirs.
 * @throws Problem `invalid-input`
 */
export function readContent(text: string, form: Form): Content {
  checkSize(Buffer.byteLength(text));
  return unwrap(parseContent(text, 'message'), form);
}

function unwrap(value: unknown, form: Form): Content {
  if (isSnsNotification(value)) return contentOfNotification(value);
  if (isEventBridgeEvent(value)) return contentOfEvent(value);
  const records = recordsOf(value);
  // As services write for Lambda, and Lambda into a dead-letter queue. A message is one request, so of several there is no
  // telling.
  if (records.length !== 1) return { form, root: value, value };
  const [record] = records;
  if (!isRecordsOf(value, 'aws:sns')) return contentOfRecord(record);
  const notification = isJsonObject(record) ? record['Sns'] : undefined;
  if (isNotification(notification)) return contentOfNotification(notification);
  throw new Problem('invalid-input', 'The message has a record of SNS without a notification: /Records/0/Sns.');
}

/** A record of S3, SES and others, which only a mapping makes a message of. */
export function contentOfRecord(record: unknown): Content {
  return { form: 'event', root: record, value: record };
}

/** @throws Problem `invalid-input` */
export function contentOfNotification({ MessageId, Message }: Notification): Content {
  checkSize(Buffer.byteLength(Message));
  // What it wraps may have a name of its own, given before.
  return { id: MessageId, ...unwrap(parseContent(Message, 'message'), 'sns') };
}

export function contentOfEvent(event: EventBridgeEvent): Content {
  return { form: 'eventbridge', root: event, value: event.detail, ...(event.id && { id: event.id }) };
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
interface Notification {
  readonly MessageId: string;
  readonly Message: string;
}

function isNotification(value: unknown): value is Notification {
  return isJsonObject(value) && typeof value['MessageId'] === 'string' && typeof value['Message'] === 'string';
}

/** As it stands in an SQS message. */
function isSnsNotification(value: unknown): value is Notification {
  return (
    isJsonObject(value) &&
    value['Type'] === 'Notification' &&
    typeof value['TopicArn'] === 'string' &&
    isNotification(value)
  );
}

/** https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html. An input transformer may leave out the id. */
export interface EventBridgeEvent {
  readonly id?: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: unknown;
}

export function isEventBridgeEvent(value: unknown): value is EventBridgeEvent {
  return (
    isJsonObject(value) &&
    typeof value['detail-type'] === 'string' &&
    typeof value['source'] === 'string' &&
    (value['id'] === undefined || typeof value['id'] === 'string') &&
    Object.hasOwn(value, 'detail')
  );
}
