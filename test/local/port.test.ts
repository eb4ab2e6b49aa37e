import { expect, onTestFinished, test } from 'vitest';
import { startEventBus } from '../../local/event-bus.ts';
import { describeStartError, readPort } from '../../local/port.ts';

test.each([
  [undefined, 3000],
  ['', 3000],
  ['1', 1],
  ['65518', 65_518],
])('PORT=%s is port %i', (text, port) => {
  expect(readPort(text)).toBe(port);
});

test.each(['0', '-1', '65519', '3000.5', 'http', '0x'])('PORT=%s is refused in one sentence', (text) => {
  expect(() => readPort(text)).toThrow(`PORT must be a whole number from 1 to 65518, not "${text}"`);
});

test('a port that is in use is named, and what to do', async () => {
  const bus = await startEventBus();
  onTestFinished(() => bus.close());
  const port = Number(new URL(bus.url).port);

  const error = await startEventBus({ port }).catch((refused: Error) => refused);

  expect(describeStartError(error as Error)).toBe(`Port ${port} is in use; PORT=<number> npm start takes others.`);
});

test('a port below 1024 is named, and what to do', async () => {
  // As root there is no such error to be had.
  const error = Object.assign(new Error('listen EACCES: permission denied 127.0.0.1:91'), { code: 'EACCES', port: 91 });
  expect(describeStartError(error)).toBe(
    'Port 91 is below 1024, which needs the rights of root; PORT=<number> npm start takes others.',
  );
});

test('another error is told as it is, or by its code', () => {
  expect(describeStartError(new Error('no'))).toBe('no');
  expect(describeStartError(Object.assign(new Error(''), { code: 'EPERM' }))).toBe('EPERM');
});
