import { describe, expect, test, vi } from 'vitest';
import { failure } from '../../support/invoke.ts';
import { startQueueWorld } from '../../support/queue.ts';
import { readEvent } from './http-support.ts';

describe.each([
  ['pipes-sqs.json', 'a list, as EventBridge Pipes sends its batches'],
  ['pipes-enriched.json', 'a list, as EventBridge Pipes sends its batches'],
  ['vpc-lattice-v1.json', 'a request of VPC Lattice'],
  ['vpc-lattice-v2.json', 'a request of VPC Lattice'],
  ['websocket-connect.json', 'an event of a WebSocket API'],
  ['websocket-message.json', 'an event of a WebSocket API'],
  ['authorizer-token.json', 'a request to a Lambda authorizer'],
  ['authorizer-request.json', 'a request to a Lambda authorizer'],
  ['authorizer-http-api.json', 'a request to a Lambda authorizer'],
])('%s', (file, name) => {
  test('is refused by its name, and logged', async () => {
    const world = await startQueueWorld();

    const { error, problem } = await failure(world, readEvent(file));

    expect(error.errorType).toBe('invalid-input');
    expect(problem).toMatchObject({ code: 'invalid-input', status: 400, retryable: false });
    expect(problem.detail).toContain(`The event is ${name}, which no lookup answers.`);
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
    expect(world.vendor.requests).toEqual([]);
    expect(world.bus.requests).toEqual([]);
  });

  test('is refused by its name too where the stage maps events that have no other form', async () => {
    vi.stubEnv('EVENT_MAPPING', JSON.stringify({ event: { input: { 'callId.$': '$.path' } } }));
    const world = await startQueueWorld();

    const { problem } = await failure(world, readEvent(file));

    expect(problem.detail).toContain(name);
    expect(world.bus.requests).toEqual([]);
  });
});

test('an empty list is refused as a list', async () => {
  const world = await startQueueWorld();
  expect((await failure(world, [])).problem.detail).toContain('a list, as EventBridge Pipes');
});
