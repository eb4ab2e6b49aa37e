import { PROBLEMS, type ProblemCode } from '../lib/problem.ts';
import type { ReceivedEvent } from './event-bus.ts';

/* Prints the log of the functions: lines for a person at a terminal, or JSON for programs. */

export interface Terminal {
  /** @param line JSON, as a function or Lambda logs it */
  log(line: string): void;
  /** Of a message, as the functions publish it. */
  result(event: ReceivedEvent): void;
}

/**
 * @param format LOG: `json`, `text`, or empty to have text on a terminal alone
 * @throws Error for another format
 */
export function createTerminal(format: string, isTerminal: boolean, print: (line: string) => void): Terminal {
  if (!['', 'json', 'text'].includes(format)) throw new Error(`LOG must be json or text, not "${format}"`);
  const isJson = format === 'json' || (format === '' && !isTerminal);
  const printText = (parts: readonly unknown[]) => {
    const said = parts.filter((part) => part !== undefined);
    if (said.length > 0) print(printable(said.join('  ')));
  };
  return {
    log: (line) => {
      if (isJson) print(line);
      else printText(describeLine(JSON.parse(line)));
    },
    result: ({ detailType, detail }) => {
      const { lookup, correlationId, messageId, problem } = detail;
      const message = correlationId ?? messageId;
      const code = (problem as { readonly code?: string } | undefined)?.code;
      if (isJson) print(JSON.stringify({ message: 'result', detailType, lookup, correlationId, messageId, code }));
      else printText(['result', detailType, lookup, message, code]);
    },
  };
}

type Line = Readonly<Record<string, unknown>>;

/** Of other lines than a lookup's, those that warn: batches and the session keep-alive write one all the time. */
function describeLine(line: Line): readonly unknown[] {
  if (line['message'] === 'lookup') return [describeLookup(line)];
  const { level, message, lookup, account, outcome, problem, errorType } = line;
  return level === 'INFO' ? [] : [level, message, lookup, account, outcome, problem, errorType];
}

/** `200 findOnlineAgent default 91 ms (1 attempt)`, and after it why the lookup failed. */
function describeLookup(line: Line): string {
  const { lookup, account = '-', milliseconds, attempts, problem, vendorCode, trigger } = line;
  const status = problem === undefined ? 200 : PROBLEMS[problem as ProblemCode]?.status;
  return [
    `${status} ${lookup} ${account} ${milliseconds} ms (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`,
    ...(trigger === undefined ? [] : [`by ${trigger}`]),
    ...(problem === undefined ? [] : [problem]),
    ...(vendorCode === undefined ? [] : [`vendor code ${vendorCode}`]),
    ...((line['warnings'] as readonly string[] | undefined) ?? []),
  ].join('  ');
}

/** A message's own text could turn the terminal otherwise. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '\ufffd');
