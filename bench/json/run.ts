import { parseJson } from '../../lib/json/int64.ts';

/*
 * `node bench/json/run.ts`: how long reading takes of what is hard to read, against JSON.parse on the same text.
 */

const SIZE = 4 * 1024 * 1024;
const RUNS = 4;
const REPEATS = 10;

const filled = (text: string) => text.repeat(Math.floor(SIZE / text.length));
const list = (row: string) => `[${filled(`${row},`)}${row}]`;

const TEXTS = {
  'digits in quotes': `"${filled('1')}"`,
  'digits as one number': filled('1'),
  'a list of 64-bit ids alone': list('1234567890123456789'),
  'rows with a 64-bit id': list('{"id":1234567890123456789,"name":"an agent","isOnline":true}'),
  'small numbers and one 64-bit id': list('12').replace('12', '1234567890123456789'),
  'texts and one 64-bit id': list('"ab"').replace('"ab"', '1234567890123456789'),
  'backslashes and one 64-bit id': `["${filled('\\\\')}",1234567890123456789]`,
  'escaped quotes and one 64-bit id': `["${filled('\\"')}",1234567890123456789]`,
  'nested lists': `${filled('[').slice(SIZE / 2)}${filled(']').slice(SIZE / 2)}`,
  'nested lists around a 64-bit id': `${filled('[').slice(SIZE / 2)}1234567890123456789${filled(']').slice(SIZE / 2)}`,
};

/** CPU time, so that other processes of the machine do not count. It is counted in ticks of some milliseconds. */
function leastMs(read: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.threadCpuUsage();
    for (let each = 0; each < REPEATS; each += 1) read();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000 / REPEATS;
  });
  return Math.min(...times);
}

console.log(`${'text of 4 MiB'.padEnd(34)} ${'JSON.parse'.padStart(12)} ${'parseJson'.padStart(12)}  ratio`);
for (const [name, text] of Object.entries(TEXTS)) {
  const plain = leastMs(() => JSON.parse(text));
  const exact = leastMs(() => parseJson(text));
  const columns = [plain, exact].map((ms) => `${ms.toFixed(1)} ms`.padStart(12));
  console.log(`${name.padEnd(34)} ${columns.join(' ')}  ${(exact / plain).toFixed(1)}`);
}
