import { parseJson } from '../../lib/json/int64.ts';
import { ParameterRefused } from '../refusal.js';
// How the parameters of queues, rules and streams are written, on the command line or in serverless.yml, and what is said
// where one is wrong.

/** The lookups' functions in serverless.yml. Their environments need the names before `functions` is resolved. */
export const LOOKUPS = [
  'getUserInfoByCallId',
  'queryAgentLoginParams',
  'findOnlineAgent',
  'queryAgentInfoByWorkNo',
  'batchGetConversationParticipant',
];

/**
 * The lookups that a param names: separated by commas, or a list.
 * @throws Error
 */
export async function lookupsIn(resolveVariable, param) {
  const value = await resolveVariable(`param:${param}`);
  const names = Array.isArray(value) ? value : textOf(value, param).split(',');
  const lookups = names.map((name) => String(name).trim()).filter(Boolean);
  for (const lookup of lookups) checkLookup(lookup, param);
  return [...new Set(lookups)];
}

/**
 * A param that says something of lookups: an object by their names, or its JSON text.
 * @param read turns what is said of one into what it means; throws an Error for what it cannot be
 * @returns {Promise<Record<string, ReturnType<typeof read>>>} empty where the param is not set
 * @throws Error
 */
export async function byLookup(resolveVariable, param, read) {
  const value = await resolveVariable(`param:${param}`);
  if (value === '') return {};
  return Object.fromEntries(
    Object.entries(readObject(value, param)).map(([lookup, said]) => {
      checkLookup(lookup, param);
      return [lookup, read(said, `${param}: ${lookup}`)];
    }),
  );
}

/** An object that is not empty, or its JSON text. @throws Error */
export function readObject(value, name) {
  const object = typeof value === 'string' ? parse(value, name) : value;
  const isObject = typeof object === 'object' && object !== null && !Array.isArray(object);
  if (!isObject || Object.keys(object).length === 0)
    throw new ParameterRefused(`${name} must be a JSON object with something in it`);
  return object;
}

/** One ARN, or a list of them, each of which matches `form`. @throws Error */
export function readArns(value, name, form, what) {
  const arns = [value].flat();
  const wrong = arns.find((arn) => typeof arn !== 'string' || !form.test(arn));
  if (arns.length === 0 || wrong !== undefined)
    throw new ParameterRefused(`${name} needs the ARN of ${what}, not ${JSON.stringify(wrong)}`);
  return [...new Set(arns)];
}

/** @throws Error */
export async function wholeNumber(resolveVariable, param, [least, most]) {
  const value = await resolveVariable(`param:${param}`);
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new ParameterRefused(`${param} is a whole number from ${least} to ${most}, not "${value}"`);
  }
  return number;
}

/** A param that is a text, empty where it is not set, and else matches `form`. @throws Error */
export async function textLike(resolveVariable, param, form, what) {
  const value = textOf(await resolveVariable(`param:${param}`), param);
  if (value !== '' && !form.test(value)) throw new ParameterRefused(`${param} is ${what}, not "${value}"`);
  return value;
}

function textOf(value, param) {
  if (typeof value !== 'string') throw new ParameterRefused(`${param} cannot be ${JSON.stringify(value)}`);
  return value;
}

/** A misspelt one would silently have no queue. */
function checkLookup(name, param) {
  if (!LOOKUPS.includes(name))
    throw new ParameterRefused(`${param}: there is no lookup "${name}", only ${LOOKUPS.join(', ')}`);
}

function parse(text, name) {
  try {
    return parseJson(text);
  } catch (error) {
    throw new ParameterRefused(`${name} is not JSON: ${error.message}`);
  }
}

/** For custom.withoutLookups: the lookups that this stage does not have. */
export async function withoutLookups({ resolveVariable }) {
  return lookupsIn(resolveVariable, 'withoutLookups');
}
