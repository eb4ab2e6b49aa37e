import { describe, expect, it, test } from 'vitest';
import type { ReceivedEvent } from '../../local/event-bus.ts';
import { createTerminal } from '../../local/terminal.ts';

function start(format: string, isTerminal: boolean) {
  const lines: string[] = [];
  return { lines, ...createTerminal(format, isTerminal, (line) => lines.push(line)) };
}

const LOOKUP = {
  level: 'INFO',
  message: 'lookup',
  lookup: 'findOnlineAgent',
  account: 'default',
  outcome: 'succeeded',
  milliseconds: 91,
  attempts: 1,
};

const RESULT = {
  detailType: 'Lookup Succeeded',
  detail: { lookup: 'findOnlineAgent', correlationId: 'ticket-4711', messageId: 'm-1', data: {} },
} as unknown as ReceivedEvent;

describe('a person reads', () => {
  const read = (line: object) => {
    const { lines, log } = start('text', false);
    log(JSON.stringify(line));
    return lines;
  };

  it.each([
    [{}, '200 findOnlineAgent default 91 ms (1 attempt)'],
    [
      { outcome: 'failed', problem: 'vendor-unavailable', attempts: 3, vendorCode: '503' },
      '502 findOnlineAgent default 91 ms (3 attempts)  vendor-unavailable  vendor code 503',
    ],
    [
      { outcome: 'failed', problem: 'invalid-input', attempts: 0, account: undefined },
      '400 findOnlineAgent - 91 ms (0 attempts)  invalid-input',
    ],
    [{ trigger: 'sqs' }, '200 findOnlineAgent default 91 ms (1 attempt)  by sqs'],
  ])('of a lookup with %j: %s', (fields, line) => {
    expect(read({ ...LOOKUP, ...fields })).toEqual([line]);
  });

  it('of other lines those that warn', () => {
    expect(read({ level: 'INFO', message: 'keeping', account: 'default', outcome: 'kept' })).toEqual([]);
    expect(read({ level: 'WARN', message: 'batch', lookup: 'findOnlineAgent' })).toEqual([
      'WARN  batch  findOnlineAgent',
    ]);
    expect(read({ level: 'ERROR', message: 'Task timed out', errorType: 'Sandbox.Timedout' })).toEqual([
      'ERROR  Task timed out  Sandbox.Timedout',
    ]);
  });

  it('the result of a message, by the name that its sender gave it', () => {
    const { lines, result } = start('text', false);
    result(RESULT);
    result({
      detailType: 'Lookup Failed',
      detail: { lookup: 'findOnlineAgent', messageId: 'm-1', problem: { code: 'invalid-input' } },
    } as unknown as ReceivedEvent);
    expect(lines).toEqual([
      'result  Lookup Succeeded  findOnlineAgent  ticket-4711',
      'result  Lookup Failed  findOnlineAgent  m-1  invalid-input',
    ]);
  });

  it('no character that turns the terminal', () => {
    const { lines, result } = start('text', false);
    result({ ...RESULT, detail: { ...RESULT.detail, correlationId: '\u001b[2Jticket\n4711' } });
    expect(lines).toEqual(['result  Lookup Succeeded  findOnlineAgent  \ufffd[2Jticket\ufffd4711']);
  });
});

test.each([
  ['', true, 'text'],
  ['', false, 'json'],
  ['json', true, 'json'],
  ['json', false, 'json'],
  ['text', true, 'text'],
  ['text', false, 'text'],
])('LOG=%s, on a terminal: %s, gives %s', (format, isTerminal, given) => {
  const { lines, log, result } = start(format, isTerminal);
  const line = JSON.stringify(LOOKUP);

  log(line);
  result(RESULT);

  expect(lines[0] === line).toBe(given === 'json');
  expect(lines.map((each) => each.startsWith('{'))).toEqual([given === 'json', given === 'json']);
  if (given === 'json') {
    expect(JSON.parse(lines[1] ?? '')).toEqual({
      message: 'result',
      detailType: 'Lookup Succeeded',
      lookup: 'findOnlineAgent',
      correlationId: 'ticket-4711',
      messageId: 'm-1',
    });
  }
});

test('another LOG is refused', () => {
  expect(() => start('yaml', true)).toThrow('LOG must be json or text, not "yaml"');
});
