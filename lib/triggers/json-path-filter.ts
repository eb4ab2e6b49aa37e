import { type JSONPathQuery, jsonpath } from 'json-p3';
import { isJsonObject } from '../http/body.ts';
import { compareNumbers, isNumber, isRawJSON, toExactNumber } from '../json/exact-number.ts';
import { Problem } from '../problem.ts';
import type { At, Query } from './json-path.ts';
import { type Steps, take } from './steps.ts';

/* The filters of JSONPath: https://www.rfc-editor.org/rfc/rfc9535#name-filter-selector */

type Expression = InstanceType<typeof jsonpath.expressions.FilterExpression>;
type CompileQuery = (query: JSONPathQuery) => Query;
type Test = (at: At) => boolean;
type Value = (at: At) => unknown;

const {
  BooleanLiteral,
  FilterQuery,
  FunctionExtension,
  InfixExpression,
  LogicalExpression,
  NullLiteral,
  NumberLiteral,
  PrefixExpression,
  RootQuery,
  StringLiteral,
} = jsonpath.expressions;

/** The absence of a value, which equals itself alone. */
const NOTHING = Symbol('nothing');
/** So many characters that are read are a step. */
const CHARACTERS_PER_STEP = 64;
const MAX_LEVELS = 1_000;

/** @throws Error for what no filter may hold here */
export function compileTest(expression: Expression, compileQuery: CompileQuery): Test {
  const test = (inner: Expression) => compileTest(inner, compileQuery);
  if (expression instanceof LogicalExpression) return test(expression.expression);
  if (expression instanceof PrefixExpression) {
    const inner = test(expression.right);
    return (at) => !inner(at);
  }
  if (expression instanceof FilterQuery) {
    const query = compileFilterQuery(expression, compileQuery);
    return (at) => query(at).length > 0;
  }
  if (!(expression instanceof InfixExpression)) throw refusal(expression);
  if (!expression.logical) return compileComparison(expression, compileQuery);
  const left = test(expression.left);
  const right = test(expression.right);
  return expression.operator === '&&' ? (at) => left(at) && right(at) : (at) => left(at) || right(at);
}

function compileFilterQuery(expression: InstanceType<typeof FilterQuery>, compileQuery: CompileQuery): Query {
  const query = compileQuery(expression.path);
  return expression instanceof RootQuery ? (at) => query({ ...at, current: at.root }) : query;
}

function compileComparison(
  { left, operator, right }: InstanceType<typeof InfixExpression>,
  compileQuery: CompileQuery,
): Test {
  const one = compileValue(left, compileQuery);
  const other = compileValue(right, compileQuery);
  switch (operator) {
    case '==':
      return (at) => isEqual(one(at), other(at), at.steps);
    case '!=':
      return (at) => !isEqual(one(at), other(at), at.steps);
    case '<':
      return (at) => isLess(one(at), other(at), at.steps);
    case '>':
      return (at) => isLess(other(at), one(at), at.steps);
    case '<=':
      return (at) => isLess(one(at), other(at), at.steps) || isEqual(one(at), other(at), at.steps);
    default:
      return (at) => isLess(other(at), one(at), at.steps) || isEqual(one(at), other(at), at.steps);
  }
}

function compileValue(expression: Expression, compileQuery: CompileQuery): Value {
  if (expression instanceof NumberLiteral) {
    // The library has rounded it.
    const number = toExactNumber(expression.token.value);
    return () => number;
  }
  if (expression instanceof StringLiteral || expression instanceof BooleanLiteral) return () => expression.value;
  if (expression instanceof NullLiteral) return () => null;
  if (expression instanceof FilterQuery) {
    const query = compileFilterQuery(expression, compileQuery);
    return (at) => notRounded(onlyOne(query(at)));
  }
  if (expression instanceof FunctionExtension) return compileFunction(expression, compileQuery);
  throw refusal(expression);
}

/** https://www.rfc-editor.org/rfc/rfc9535#name-function-extensions */
function compileFunction(expression: InstanceType<typeof FunctionExtension>, compileQuery: CompileQuery): Value {
  const [argument] = expression.args;
  if (expression.name === 'length' && argument) {
    const value = compileValue(argument, compileQuery);
    return (at) => lengthOf(value(at), at.steps);
  }
  if (!(argument instanceof FilterQuery)) throw refusal(expression);
  const query = compileFilterQuery(argument, compileQuery);
  if (expression.name === 'count') return (at) => query(at).length;
  if (expression.name === 'value') return (at) => onlyOne(query(at));
  throw refusal(expression);
}

function refusal(expression: Expression): Error {
  const name = expression instanceof FunctionExtension ? `${expression.name}()` : expression.toString();
  return new Error(
    `a filter may not hold ${name} here: it has comparisons, paths, count(), length() and value(), and no regular expressions, which may take any time`,
  );
}

function onlyOne(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : NOTHING;
}

/**
 * Lambda itself reads some events, by a plain JSON.parse: a comparison with a number that has lost digits there would leave
 * out what it should find.
 */
function notRounded(value: unknown): unknown {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const detail =
    'A filter of eventMapping compares a number beyond 2^53, which has lost digits on its way. Send it as text.';
  throw new Problem('invalid-input', detail);
}

function lengthOf(value: unknown, steps: Steps): unknown {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') {
    takeReading(value, value, steps);
    return [...value].length;
  }
  if (!isJsonObject(value)) return NOTHING;
  const { length } = Object.keys(value);
  take(steps, length);
  return length;
}

function isLess(one: unknown, other: unknown, steps: Steps): boolean {
  takeReading(one, other, steps);
  if (isNumber(one) && isNumber(other)) return compareNumbers(one, other) < 0;
  return typeof one === 'string' && typeof other === 'string' && one < other;
}

function isEqual(one: unknown, other: unknown, steps: Steps, level = 0): boolean {
  takeReading(one, other, steps);
  if (level > MAX_LEVELS) {
    throw new Problem('invalid-input', 'The message is nested too deep for the JSONPath that it is mapped with.');
  }
  if (isNumber(one) && isNumber(other)) return compareNumbers(one, other) === 0;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => isEqual(value, other[index], steps, level + 1));
  }
  if (isJsonObject(one) && isJsonObject(other)) {
    const names = Object.keys(one);
    take(steps, names.length);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && isEqual(one[name], other[name], steps, level + 1))
    );
  }
  return one === other;
}

/** Takes the steps of comparing two values, without the values in them. */
function takeReading(one: unknown, other: unknown, steps: Steps): void {
  take(steps, 1 + Math.min(charactersOf(one), charactersOf(other)) / CHARACTERS_PER_STEP);
}

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return isRawJSON(value) ? value.rawJSON.length : 0;
}
