import { describe, expect, it, onTestFinished } from 'vitest';
import { createTransport } from '../../../lib/http/transport.ts';
import { type Answer, startSimulator } from '../../../local/simulators/server.ts';
import { eventually } from '../../functions/huawei-common/steering.ts';
import { createTestClock, NO_TIMERS } from '../../support/clock.ts';
import { startRelay } from '../../support/relay.ts';

const NO_END = new AbortController().signal;

/** A transport with so many kept connections to a server. */
async function start(count: number) {
  const clock = createTestClock();
  const relay = await startRelay();
  let waiting: (() => void)[] = [];
  const answer = async (): Promise<Answer> => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
    return { status: 200, body: 'ok' };
  };
  const server = await startSimulator(() => ({ name: 'server', answer }), { clock });
  const transport = createTransport(clock, NO_TIMERS);
  onTestFinished(async () => {
    await Promise.all([transport.close(), server.close()]);
  });
  const url = relay.urlOf(server.url);
  const release = async (requests: number) => {
    await eventually(() => expect(waiting).toHaveLength(requests));
    for (const go of waiting) go();
    waiting = [];
  };
  const send = (signal = NO_END, options = {}) =>
    transport.send(
      { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: '{}' },
      {},
      signal,
      options,
    );
  const first = Array.from({ length: count }, () => send());
  await release(count);
  await Promise.all(first);
  expect(relay.connections()).toBe(count);
  return { clock, relay, transport, send, release };
}

describe('kept connections', () => {
  it('are used again, the last used one first', async () => {
    const { relay, send, release } = await start(3);
    for (let request = 0; request < 5; request += 1) {
      const sent = send();
      await release(1);
      expect((await sent).status).toBe(200);
    }
    expect(relay.connections()).toBe(3);
  });

  it('all end with one that a request waited on in vain: whatever dropped it has dropped the others', async () => {
    const { clock, relay, send, release } = await start(3);
    clock.advance(10_000);
    relay.kill('silence');
    const given = new AbortController();
    const sent = send(given.signal);
    given.abort(new Error('given up'));
    await expect(sent).rejects.toThrow('given up');

    const again = send();
    await release(1);

    expect((await again).status).toBe(200);
    expect(relay.connections()).toBe(4);
  });

  it('are not used after a minute, however long timers stood still', async () => {
    const { clock, relay, send, release } = await start(2);
    clock.advance(60_000);
    relay.kill('silence');

    const sent = send();
    await release(1);

    expect((await sent).status).toBe(200);
    expect(relay.connections()).toBe(3);
  });

  it('are kept beside each other for many requests at once', async () => {
    const { relay, send, release } = await start(2);
    const sent = Array.from({ length: 10 }, () => send());
    await release(10);
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(relay.connections()).toBe(10);
  });
});
