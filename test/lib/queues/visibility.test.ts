import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTransport } from '../../../lib/http/transport.ts';
import { createMessageVisibility, type MessageVisibility } from '../../../lib/queues/visibility.ts';
import { systemClock } from '../../../lib/time/clock.ts';
import { type Sqs, startSqs } from '../../../local/queue/sqs.ts';

const QUEUE = 'lookups';
const NEVER = new AbortController().signal;
const NOW = Date.UTC(2026, 0, 2);

let sqs: Sqs;
let visibility: MessageVisibility;
let arn: string;

beforeEach(async () => {
  sqs = await startSqs({ queues: [{ name: QUEUE }], clock: { now: () => NOW }, region: 'eu-central-1' });
  const transport = createTransport(systemClock);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  visibility = createMessageVisibility(transport, systemClock);
  arn = sqs.queues.find(QUEUE).arn;
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await Promise.all([transport.close(), sqs.close()]);
  });
});

/** Receipt handles of so many messages in flight. */
function receive(count: number): string[] {
  for (let index = 0; index < count; index += 1) sqs.queues.send(QUEUE, '{}');
  return Array.from({ length: count }, () => sqs.queues.receive(QUEUE)[0]?.receiptHandle ?? '');
}

describe('the visibility of messages in flight', () => {
  it('is set for each, ten with a request', async () => {
    const delays = receive(25).map((receiptHandle, index) => ({ receiptHandle, seconds: 100 + index }));

    expect(await visibility.change(arn, delays, NEVER)).toEqual([]);

    expect(sqs.requests.map(({ action, queue, entries }) => `${action} ${queue} ${entries}`).sort()).toEqual([
      'ChangeMessageVisibilityBatch lookups 10',
      'ChangeMessageVisibilityBatch lookups 10',
      'ChangeMessageVisibilityBatch lookups 5',
    ]);
    expect(sqs.queues.nextVisibleAt(QUEUE)).toBe(NOW + 100_000);
  });

  it('may be none at all', async () => {
    const [receiptHandle = ''] = receive(1);

    expect(await visibility.change(arn, [{ receiptHandle, seconds: 0 }], NEVER)).toEqual([]);

    expect(sqs.queues.counts(QUEUE).visible).toBe(1);
  });

  it('of those that SQS refuses stays, and its codes are told', async () => {
    const [gone = '', kept = ''] = receive(2);
    sqs.queues.delete(QUEUE, gone);
    const delays = [gone, kept, 'no handle'].map((receiptHandle) => ({ receiptHandle, seconds: 7 }));

    const codes = await visibility.change(arn, delays, NEVER);

    expect(codes).toEqual(['InvalidParameterValue', 'ReceiptHandleIsInvalid']);
    expect(sqs.queues.nextVisibleAt(QUEUE)).toBe(NOW + 7_000);
  });

  it('is asked for once more where SQS does not answer', async () => {
    const [receiptHandle = ''] = receive(1);
    sqs.fail({ reset: true });

    expect(await visibility.change(arn, [{ receiptHandle, seconds: 7 }], NEVER)).toEqual([]);
    expect(sqs.requests).toHaveLength(2);
  });

  it('stays where SQS fails again, and one failed request leaves the others alone', async () => {
    const delays = receive(11).map((receiptHandle) => ({ receiptHandle, seconds: 7 }));
    sqs.fail({ status: 400, type: 'OverLimit' });

    const codes = await visibility.change(arn, delays, NEVER);

    expect([1, 10]).toContain(codes.length);
    expect(new Set(codes)).toEqual(new Set(['OverLimit']));
  });

  it('is given up when the time is over, be SQS silent or its client waiting for another try', async () => {
    const [receiptHandle = ''] = receive(1);
    const over = new AbortController();
    sqs.fail({ hang: true });
    const changed = visibility.change(arn, [{ receiptHandle, seconds: 7 }], over.signal);
    await vi.waitFor(() => expect(sqs.requests).toHaveLength(1));

    over.abort(new Error('over'));

    expect(await changed).toEqual([expect.any(String)]);
    expect(await visibility.change(arn, [{ receiptHandle, seconds: 7 }], over.signal)).toEqual([expect.any(String)]);
    expect(sqs.requests).toHaveLength(1);
  });

  it('takes five requests at a time, and none once the time is over', async () => {
    const delays = receive(120).map((receiptHandle) => ({ receiptHandle, seconds: 7 }));
    const over = new AbortController();
    sqs.fail({ hang: true, times: 99 });
    const changed = visibility.change(arn, delays, over.signal);
    await vi.waitFor(() => expect(sqs.requests).toHaveLength(5));

    over.abort(new Error('over'));

    expect(await changed).toHaveLength(120);
    expect(sqs.requests).toHaveLength(5);
  });

  it('is none of SQS’s business where nothing goes back', async () => {
    expect(await visibility.change(arn, [], NEVER)).toEqual([]);
    expect(sqs.requests).toEqual([]);
  });
});
