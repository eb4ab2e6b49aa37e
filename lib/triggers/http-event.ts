import { isJsonObject } from '../http/body.ts';
import { Problem } from '../problem.ts';
import type { Caller } from './account-access.ts';
import type { HttpRequest } from './http-message.ts';

type Values<Value> = Readonly<Record<string, Value>> | null;

/** The parts that all events of HTTP have in common. */
interface HttpEvent {
  readonly headers?: Values<string>;
  readonly multiValueHeaders?: Values<readonly string[]>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

type Rule = readonly [part: keyof HttpEvent, isRight: (value: unknown) => boolean, detail: string];

/** No service breaks them. But anybody may invoke the function with an event that only looks like one of HTTP. */
const RULES: readonly Rule[] = [
  ['headers', (value) => isMap(value, isText), 'must be an object of strings'],
  ['multiValueHeaders', (value) => isMap(value, isListOfTexts), 'must be an object of lists of strings'],
  ['body', (value) => (value ?? null) === null || isText(value), 'must be a string or null'],
  ['isBase64Encoded', (value) => typeof (value ?? false) === 'boolean', 'must be true or false'],
];

/** The request in an event of HTTP, or why it cannot be read. */
export function readHttpEvent(event: object, caller: Caller): HttpRequest | Problem {
  const parts: HttpEvent = event;
  const errors = RULES.filter(([part, isRight]) => !isRight(parts[part])).map(([part, , detail]) => ({
    pointer: `/${part}`,
    detail,
  }));
  if (errors.length > 0) {
    return new Problem('invalid-input', 'The event is not one of HTTP as its service writes it; see `errors`.', {
      errors,
    });
  }
  return { headers: readHeaders(parts), body: parts.body, isBase64Encoded: parts.isBase64Encoded ?? false, caller };
}

/**
 * The headers of an event by their names in lower case, as HTTP APIs bring them: several of one name joined by commas.
 * Others keep the caller's spelling, and may have none or only those with several values.
 */
function readHeaders({ headers, multiValueHeaders }: HttpEvent): Readonly<Record<string, string>> {
  const single = Object.entries(headers ?? {});
  const multiple = Object.entries(multiValueHeaders ?? {}).map(([name, values]) => [name, values.join(',')] as const);
  return Object.fromEntries([...single, ...multiple].map(([name, value]) => [name.toLowerCase(), value]));
}

/** An absent or null value is an empty object, as in an event that somebody wrote for a test. */
function isMap(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return (value ?? null) === null || (isJsonObject(value) && Object.values(value).every(isRight));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
