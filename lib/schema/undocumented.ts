import { isNestedDeeper } from '../json/depth.ts';
import { isRawJSON, numberText } from '../json/exact-number.ts';
import { pointerTo } from './issues.ts';
import { leftOutOf } from './rows.ts';

/** The number and the length of undocumented names are the vendor's to choose. */
const MAX_NAMES = 20;
const LONGEST_NAME = 40;
/** Letters, and a digit or two at a time. Any other name may be a value, such as an id, that the vendor uses as a name. */
const FIELD_NAME = /^[A-Za-z_]+(?:\d{1,2}[A-Za-z_]+)*\d{0,2}$/;
/** Stands for every index of a list, and for a name that may be a value. */
const ANY = '*';
/** A field whose value is nested deeper is not given. */
const MAX_LEVELS = 50;

export interface Undocumented {
  /** Paths to the fields: JSON Pointers in which `*` stands for an index, or for a name that may be a value. */
  readonly paths: readonly string[];
  /** The fields where they stand in the result, the rows of lists as in `checked`. Undefined where there are none. */
  readonly fields: unknown;
}

interface Options {
  /** Whether a name holds what no output may show. */
  isSecret(name: string): boolean;
  /** Whether the fields are asked for, and not their paths alone. */
  readonly include: boolean;
}

/**
 * The fields of a vendor's result that its schema left out, at any depth: a first sign that the vendor's interface moved.
 * @param checked what the schema made of `raw`
 */
export function findUndocumented(raw: unknown, checked: unknown, { isSecret, include }: Options): Undocumented {
  const paths = new Set<string>();

  function visit(from: unknown, to: unknown, path: readonly string[]): unknown {
    if (!isContainer(from) || !isContainer(to)) return undefined;
    return Array.isArray(to) ? visitList(from, to, [...path, ANY]) : visitObject(from, to, path);
  }

  function visitList(from: Container, to: readonly unknown[], path: readonly string[]): unknown {
    const leftOut = leftOutOf(to);
    const found = to.map((row, place) => visit(from[leftOut?.keptIndexes[place] ?? place], row, path));
    return found.some((fields) => fields !== undefined) ? found.map((fields) => fields ?? {}) : undefined;
  }

  function visitObject(from: Container, to: Container, path: readonly string[]): unknown {
    const found: [string, unknown][] = [];
    const unknown: string[] = [];
    for (const [name, value] of Object.entries(from)) {
      if (!Object.hasOwn(to, name)) {
        unknown.push(name);
        if (include && !isNestedDeeper(value, MAX_LEVELS)) found.push([name, withLongNumbersAsText(value)]);
      } else if (isContainer(value)) {
        const fields = visit(value, to[name], [...path, name]);
        if (fields !== undefined) found.push([name, fields]);
      }
    }
    // So many are no fields of an object, but a map whose keys are data.
    const mayTell = (name: string) => unknown.length <= MAX_NAMES && isFieldName(name) && !isSecret(name);
    for (const name of unknown) {
      if (paths.size < MAX_NAMES) paths.add(pointerTo([...path, mayTell(name) ? name : ANY]));
    }
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }

  const fields = visit(raw, checked, []);
  return { paths: [...paths].sort(), fields };
}

type Container = Readonly<Record<PropertyKey, unknown>>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function isFieldName(name: string): boolean {
  return name.length <= LONGEST_NAME && FIELD_NAME.test(name);
}

/** Numbers that a double may not hold are strings in answers. */
function withLongNumbersAsText(value: unknown): unknown {
  if (typeof value === 'bigint' || isRawJSON(value)) return numberText(value);
  if (Array.isArray(value)) return value.map(withLongNumbersAsText);
  if (!isContainer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withLongNumbersAsText(inner)]));
}
