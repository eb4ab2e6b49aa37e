import { isJsonObject } from '../http/body.ts';
import { measureJson } from '../json/size.ts';
import { type InputError, invalidInput, Problem } from '../problem.ts';
import { pointerTo } from '../schema/issues.ts';

export const DEFAULT_ACCOUNT = 'default';
/** Asks for fields that the vendor's documents do not name, in a message or in the header x-undocumented. */
export const INCLUDE = 'include';

/** As much as a request over HTTP may have. The text that it came wrapped in, or was mapped from, may be larger. */
const MAX_BYTES = 64 * 1024;
const LONGEST_CORRELATION_ID = 256;
/** Lambda's runtime reads events by a plain JSON.parse (src/Runtime.js of the runtime interface client). */
const ROUNDED = 'this number is beyond 2^53 and has lost digits on its way; ids can be written as strings';

/** What a message asks of a lookup, as far as it can be told. */
export interface Message {
  readonly input?: unknown;
  /** The vendor account; undefined where the message names none. */
  readonly account?: string;
  /** The sender's own name for the request, which comes back with the result. */
  readonly correlationId?: string;
  /** Bytes of JSON that the sender can take, where that is less than the service carries: Step Functions takes 256 KiB. */
  readonly maxResultBytes?: number;
  readonly includeUndocumented?: boolean;
  /** JSON Pointer to the input in the message: what pointers to its fields begin with. */
  readonly inputPointer: '' | '/input';
  /** Why there is no input to be read. */
  readonly problem?: Problem;
}

/**
 * `{ input, account?, correlationId?, maxResultBytes?, undocumented? }`, or the bare input: no lookup has a field `input`,
 * so what has one is the envelope.
 */
export function readMessage(content: unknown): Message {
  const message = readEnvelope(content);
  const problem = checkSize(content);
  if (!problem) return message;
  const { input: _tooLarge, ...rest } = message;
  return { ...rest, problem, inputPointer: '' };
}

function checkSize(content: unknown): Problem | undefined {
  const size = measureJson(content, MAX_BYTES);
  if (size === 'too large') return new Problem('invalid-input', 'The message is larger than 64 KiB.', { status: 413 });
  return size === 'too deep' ? new Problem('invalid-input', 'The message is nested too deep.') : undefined;
}

function readEnvelope(content: unknown): Message {
  if (!isJsonObject(content) || !Object.hasOwn(content, 'input')) return { input: content, inputPointer: '' };
  const { input, account, correlationId, maxResultBytes, undocumented, ...others } = content;
  const errors: InputError[] = Object.keys(others).map((name) => ({
    pointer: pointerTo([name]),
    detail: 'is not a field of a message',
  }));
  if (account !== undefined && typeof account !== 'string') {
    errors.push({ pointer: '/account', detail: 'must be a string' });
  }
  if (correlationId !== undefined && !isCorrelationId(correlationId)) {
    const detail = `must be a string of 1 to ${LONGEST_CORRELATION_ID} characters`;
    errors.push({ pointer: '/correlationId', detail });
  }
  if (maxResultBytes !== undefined && !isByteCount(maxResultBytes)) {
    errors.push({ pointer: '/maxResultBytes', detail: 'must be an integer of at least 1' });
  }
  if (undocumented !== undefined && undocumented !== INCLUDE) {
    errors.push({ pointer: '/undocumented', detail: `must be "${INCLUDE}"` });
  }
  return {
    ...(typeof account === 'string' && { account }),
    ...(isCorrelationId(correlationId) && { correlationId }),
    ...(isByteCount(maxResultBytes) && { maxResultBytes }),
    ...(undocumented === INCLUDE && { includeUndocumented: true }),
    ...(errors.length > 0 ? { problem: invalidInput(errors), inputPointer: '' } : { input, inputPointer: '/input' }),
  };
}

/** @throws Problem why the message cannot be read */
export function inputOf({ input, problem }: Message): unknown {
  if (problem) throw problem;
  return input;
}

/** The problem with its pointers into the message that the input stood in, and what became of a number there. */
export function pointInto(problem: Problem, { input, inputPointer }: Message): Problem {
  if (!problem.errors) return problem;
  return problem.with({
    errors: problem.errors.map(({ pointer, detail }) => ({
      pointer: inputPointer + pointer,
      detail: isRounded(valueAt(input, pointer)) ? `${detail}; ${ROUNDED}` : detail,
    })),
  });
}

/**
 * An integer of an event that Lambda itself has read. No lookup takes one: all refuse what is no safe integer, or no number
 * at all.
 */
function isRounded(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** @param pointer RFC 6901 */
function valueAt(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, name)) return undefined;
    inner = (inner as Record<string, unknown>)[name];
  }
  return inner;
}

function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isCorrelationId(value: unknown): value is string {
  if (typeof value !== 'string' || !value.isWellFormed()) return false;
  return value.length >= 1 && value.length <= LONGEST_CORRELATION_ID;
}
