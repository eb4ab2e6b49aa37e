import { isRawJSON, numberText } from '../json/exact-number.ts';
import { parseJson } from '../json/int64.ts';
import type { HttpAnswer } from './message.ts';

const parsed = new WeakMap<HttpAnswer, unknown>();

/**
 * The answer's body as JSON; undefined where it is none. Never says why: a parser's message quotes the body. Parsed
 * once, however many of those who judge an answer look at it.
 */
export function readJson(answer: HttpAnswer): unknown {
  if (!parsed.has(answer)) parsed.set(answer, parse(answer.text));
  return parsed.get(answer);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The answer's body where it is a JSON object; undefined otherwise. */
export function readJsonObject(answer: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(answer);
  return isJsonObject(value) ? value : undefined;
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJSON(value);
}

/** A scalar of an answer as text: vendors mix strings and numbers. */
export function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : numberText(value);
}
