import { JSONPathEnvironment, type JSONPathQuery, jsonpath, TokenKind } from 'json-p3';
import { isJsonObject } from '../http/body.ts';
import { compileTest } from './json-path-filter.ts';
import { type Steps, take } from './steps.ts';

/*
 * JSONPath (RFC 9535), as json-p3 reads it, and followed here: the library compares doubles alone, so that a filter misses
 * 64-bit ids, knows no bound of time, and overflows the stack for long lists. A file of its own, so that what loads it late
 * gets this alone.
 */

export interface Path {
  /** Whether it can find one value at most. */
  readonly isSingular: boolean;
  /** @throws Problem `invalid-input` where it takes too many steps */
  find(root: unknown, steps: Steps): unknown[];
}

/** The place that a path or a part of it begins at, and the root of the message. */
export interface At {
  readonly current: unknown;
  readonly root: unknown;
  readonly steps: Steps;
}

/** Gives the values that a query finds. */
export type Query = (at: At) => unknown[];

/** Puts the values that a selector finds at a place behind those that were found before. */
type Select = (at: At, found: unknown[]) => void;

const { FilterSelector, IndexSelector, NameSelector, SliceSelector, WildcardSelector } = jsonpath.selectors;
type Segment = JSONPathQuery['segments'][number];
type Selector = Segment['selectors'][number];

const environment = new JSONPathEnvironment();

/** @throws Error that says what is wrong with it */
export function compilePath(text: string): Path {
  const path = environment.compile(text);
  const query = compileQuery(path);
  return {
    isSingular: path.singularQuery(),
    find: (root, steps) => query({ current: root, root, steps }),
  };
}

export function compileQuery({ segments }: JSONPathQuery): Query {
  const parts = segments.map(compileSegment);
  return ({ current, root, steps }) => {
    let values: unknown[] = [current];
    for (const part of parts) values = part(values, root, steps);
    return values;
  };
}

function compileSegment(segment: Segment): (values: readonly unknown[], root: unknown, steps: Steps) => unknown[] {
  const selects = segment.selectors.map(compileSelector);
  const isDescendant = segment.token.kind === TokenKind.DDOT;
  return (values, root, steps) => {
    const found: unknown[] = [];
    for (const current of isDescendant ? withDescendants(values, steps) : values) {
      take(steps, selects.length);
      for (const select of selects) select({ current, root, steps }, found);
    }
    return found;
  };
}

/** Each value before those in it, in their order. */
function* withDescendants(values: readonly unknown[], steps: Steps): Generator<unknown> {
  for (const value of values) {
    const waiting = [value];
    while (waiting.length > 0) {
      take(steps);
      const next = waiting.pop();
      yield next;
      const inner = children(next);
      for (let index = inner.length - 1; index >= 0; index -= 1) waiting.push(inner[index]);
    }
  }
}

function children(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function compileSelector(selector: Selector): Select {
  if (selector instanceof NameSelector) {
    const { name } = selector;
    return ({ current, steps }, found) => {
      if (isJsonObject(current) && Object.hasOwn(current, name)) put(current[name], found, steps);
    };
  }
  if (selector instanceof IndexSelector) {
    const { index } = selector;
    return ({ current, steps }, found) => {
      if (!Array.isArray(current)) return;
      const place = index < 0 ? index + current.length : index;
      if (place >= 0 && place < current.length) put(current[place], found, steps);
    };
  }
  if (selector instanceof SliceSelector) return compileSlice(selector);
  if (selector instanceof WildcardSelector) {
    return ({ current, steps }, found) => {
      for (const value of children(current)) put(value, found, steps);
    };
  }
  if (selector instanceof FilterSelector) {
    const passes = compileTest(selector.expression, compileQuery);
    return ({ current, root, steps }, found) => {
      for (const value of children(current)) {
        take(steps);
        if (passes({ current: value, root, steps })) found.push(value);
      }
    };
  }
  throw new Error(`${selector.toString()} is no selector of RFC 9535`);
}

function put(value: unknown, found: unknown[], steps: Steps): void {
  take(steps);
  found.push(value);
}

/** https://www.rfc-editor.org/rfc/rfc9535#name-array-slice-selector */
function compileSlice({ start, stop, step = 1 }: InstanceType<typeof SliceSelector>): Select {
  return ({ current, steps }, found) => {
    if (!Array.isArray(current) || step === 0) return;
    const { length } = current;
    const bound = (index: number | undefined, otherwise: number) => {
      if (index === undefined) return otherwise;
      const place = index < 0 ? index + length : index;
      return step > 0 ? clamp(place, 0, length) : clamp(place, -1, length - 1);
    };
    const first = bound(start, step > 0 ? 0 : length - 1);
    const end = bound(stop, step > 0 ? length : -1);
    for (let place = first; step > 0 ? place < end : place > end; place += step) put(current[place], found, steps);
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
