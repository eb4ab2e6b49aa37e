import { isNestedDeeper } from '../json/depth.ts';
import { isRawJSON, numberText } from '../json/exact-number.ts';
import { pointerTo } from './issues.ts';
import { leftOutOf } from './rows.ts';

/** The rows of the longest page, so that each of its invalid rows is listed. */
const LISTED_ROWS = 50;
/** The number and the length of undocumented names are the vendor's to choose. */
const LISTED_NAMES = 20;
const LONGEST_NAME = 40;
/** Letters, and a digit or two at a time. Any other name may be a value, such as an id, that the vendor uses as a name. */
const FIELD_NAME = /^[A-Za-z_]+(?:\d{1,2}[A-Za-z_]+)*\d{0,2}$/;
/** Stands for every index of a list, and for a name that may be a value. */
const ANY = '*';
/** A field whose value is nested deeper is not given. */
const MAX_LEVELS = 50;

/** A row of the vendor's answer that was left out. */
export interface InvalidRow {
  /** JSON Pointer into `data`, counted as if no row had been left out. */
  readonly pointer: string;
  readonly reason: string;
}

/** How a vendor's result differs from its documents, where it is answered all the same. */
export interface Deviations {
  readonly invalidRowCount: number;
  /** The first of them. */
  readonly invalidRows: readonly InvalidRow[];
  /**
   * Paths to fields that no schema names, which are a first sign that the vendor's interface moved: JSON Pointers in which
   * `*` stands for an index, or for a name that may be a value.
   */
  readonly undocumentedFields: readonly string[];
  /** These fields where they stand in the result, the rows of lists as in `checked`. Undefined where none is asked for. */
  readonly undocumented: unknown;
}

interface Options {
  /** Whether a name holds what no output may show. */
  isSecret(name: string): boolean;
  /** Whether the undocumented fields are asked for, and not their paths alone. */
  readonly include: boolean;
}

/** A place in the result: its JSON Pointer, and the one with `*` for each index. */
interface Place {
  readonly pointer: string;
  readonly path: string;
}

/** @param checked what the schema of the output made of `raw` */
export function findDeviations(raw: unknown, checked: unknown, { isSecret, include }: Options): Deviations {
  const invalidRows: InvalidRow[] = [];
  let invalidRowCount = 0;
  const paths = new Set<string>();
  /** Names of undocumented fields, as the vendor has them, by the path to their object. */
  const seen = new Map<string, Set<string>>();

  /** The undocumented fields at this place. */
  function visit(from: unknown, to: unknown, place: Place): unknown {
    if (Array.isArray(to)) return visitList(from, to, place);
    return isContainer(from) && isContainer(to) ? visitObject(from, to, place) : undefined;
  }

  function visitList(from: unknown, to: readonly unknown[], { pointer, path }: Place): unknown {
    const leftOut = leftOutOf(to);
    for (const { index, reason } of leftOut?.listed ?? []) {
      if (invalidRows.length === LISTED_ROWS) break;
      invalidRows.push({ pointer: index === undefined ? pointer : `${pointer}/${index}`, reason });
    }
    invalidRowCount += leftOut?.count ?? 0;
    if (!isContainer(from)) return undefined;
    const pathOfRows = `${path}/${ANY}`;
    const found = to.map((row, position) => {
      const index = leftOut?.keptIndexes[position] ?? position;
      return visit(from[index], row, { pointer: `${pointer}/${index}`, path: pathOfRows });
    });
    return found.some((fields) => fields !== undefined) ? found.map((fields) => fields ?? {}) : undefined;
  }

  function visitObject(from: Container, to: Container, { pointer, path }: Place): unknown {
    const found: [string, unknown][] = [];
    const seen = seenAt(path);
    const unseen: string[] = [];
    let unknown = 0;
    for (const name of Object.keys(from)) {
      const value = from[name];
      if (!Object.hasOwn(to, name)) {
        unknown += 1;
        if (!seen.has(name)) unseen.push(name);
        if (include && !isNestedDeeper(value, MAX_LEVELS)) found.push([name, withLongNumbersAsText(value)]);
        continue;
      }
      if (!isContainer(to[name])) continue;
      const step = pointerTo([name]);
      const fields = visit(value, to[name], { pointer: pointer + step, path: path + step });
      if (fields !== undefined) found.push([name, fields]);
    }
    // So many are no fields of an object, but a map whose keys are data.
    const mayTell = (name: string) => unknown <= LISTED_NAMES && isFieldName(name) && !isSecret(name);
    for (const name of unseen) {
      if (paths.size === LISTED_NAMES) break;
      seen.add(name);
      paths.add(`${path}/${mayTell(name) ? name : ANY}`);
    }
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }

  /** The rows of a list have mostly the same names, which need to be looked at once. */
  function seenAt(path: string): Set<string> {
    const known = seen.get(path) ?? new Set();
    seen.set(path, known);
    return known;
  }

  const undocumented = visit(raw, checked, { pointer: '', path: '' });
  return { invalidRowCount, invalidRows, undocumentedFields: [...paths].sort(), undocumented };
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
