import { expect, it, vi } from 'vitest';
import type { DeadLetter } from '../../../local/lambda/async-invocations.ts';
import type { LambdaOptions } from '../../../local/lambda/lambda.ts';
import { createTestClock } from '../../support/clock.ts';
import { FIXTURE, FUNCTION, invoke, openMeetingPlace, startTestLambda, TIMEOUT_MS } from './support.ts';

const THROWS = { name: 'vendor-unavailable', message: 'later' };

/** A Lambda whose clock is turned by hand, and the waits that were set on that clock. */
async function startTurned(options: Partial<LambdaOptions> = {}) {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const waits: number[] = [];
  const alarm = (milliseconds: number, ring: () => void) => {
    waits.push(milliseconds);
    return clock.alarm(milliseconds, ring);
  };
  const letters: DeadLetter[] = [];
  const lambda = await startTestLambda({
    clock: { ...clock, alarm },
    onDeadLetter: (letter) => letters.push(letter),
    ...options,
  });
  const meeting = await openMeetingPlace({ hold: false });
  const waitSet = (milliseconds: number) => vi.waitFor(() => expect(waits).toContain(milliseconds), { interval: 10 });
  return { clock, lambda, letters, meeting, waitSet };
}

it('an event that fails is tried again after one minute and two more, with its request id, and is then a dead letter', async () => {
  const { clock, lambda, letters, meeting, waitSet } = await startTurned();
  const event = { meet: meeting.url, throws: THROWS };

  const { status, headers, payload } = await invoke(lambda, event, { type: 'Event' });
  const requestId = headers.get('x-amzn-requestid') ?? '';

  expect({ status, payload }).toEqual({ status: 202, payload: '' });
  await waitSet(60_000);
  clock.advance(59_999);
  expect(clock.pending()).toBe(1);
  clock.advance(1);
  await meeting.visitor(2);
  await waitSet(120_000);
  clock.advance(119_999);
  expect(clock.pending()).toBe(1);
  expect(letters).toEqual([]);
  clock.advance(1);
  await vi.waitFor(() => expect(letters).toHaveLength(1));

  expect(letters[0]).toMatchObject({
    functionName: FUNCTION,
    requestId,
    error: { errorType: 'vendor-unavailable', errorMessage: 'later' },
  });
  expect(JSON.parse(letters[0]?.event ?? '')).toEqual(event);
  expect(meeting.visitors.map((visitor) => visitor.requestId)).toEqual([requestId, requestId, requestId]);
  expect(clock.pending()).toBe(0);
});

it('an event that ends its instance is tried again', async () => {
  const { clock, lambda, meeting, waitSet } = await startTurned();

  await invoke(lambda, { meet: meeting.url, exit: 1 }, { type: 'Event' });
  await waitSet(60_000);
  clock.advance(60_000);

  const again = await meeting.visitor(2);
  expect(again.instance).not.toBe(meeting.visitors[0]?.instance);
});

it('an event that succeeds is not tried again', async () => {
  const { clock, lambda, letters, meeting } = await startTurned();

  await invoke(lambda, { meet: meeting.url, log: '{"done":true}' }, { type: 'Event' });

  await vi.waitFor(() => expect(lambda.logLines).toEqual(['{"done":true}']));
  await vi.waitFor(() => expect(clock.pending()).toBe(0));
  expect(letters).toEqual([]);
});

it('an event is tried as often as its function says', async () => {
  const { lambda, letters, meeting } = await startTurned({
    functions: [{ name: FUNCTION, handlerFile: FIXTURE, timeoutMs: TIMEOUT_MS, maximumRetryAttempts: 0 }],
  });

  await lambda.invoke(FUNCTION, { meet: meeting.url, throws: THROWS }, { type: 'Event' });

  await vi.waitFor(() => expect(letters).toHaveLength(1));
  expect(meeting.visitors).toHaveLength(1);
});

it('what waits to be tried again is forgotten at the end', async () => {
  const { clock, lambda, letters, meeting, waitSet } = await startTurned();
  await invoke(lambda, { meet: meeting.url, throws: THROWS }, { type: 'Event' });
  await waitSet(60_000);

  await lambda.close();

  expect(clock.pending()).toBe(0);
  expect(letters).toEqual([]);
});
