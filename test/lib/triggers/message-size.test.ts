import { describe, expect, it } from 'vitest';
import { resultsOn } from '../../support/messages.ts';
import { inputOf, startQueueWorld } from '../../support/queue.ts';

describe('a message of more than 64 KiB', () => {
  const LIMIT = 64 * 1024;

  /** A message of so many bytes, for the most part such characters. */
  function ofBytes(bytes: number, character: string) {
    const of = (callId: string) => ({ input: { ...inputOf(1), callId }, account: 'default', correlationId: 'mine' });
    const room = bytes - Buffer.byteLength(JSON.stringify(of('')));
    const width = Buffer.byteLength(character);
    return of(character.repeat(Math.floor(room / width)) + 'x'.repeat(room % width));
  }

  it.each(['x', 'é'])(
    'is refused by its bytes, not one less, and the refusal says whose it is: of %s',
    async (text) => {
      const world = await startQueueWorld();
      const small = world.send(ofBytes(LIMIT, text));
      const large = world.send(ofBytes(LIMIT + 1, text));

      await world.poll();

      const details = Object.fromEntries(resultsOn(world.bus).map(({ detail }) => [detail['messageId'], detail]));
      expect(details[small]?.['problem']).not.toMatchObject({ status: 413 });
      expect(details[large]).toMatchObject({
        account: 'default',
        correlationId: 'mine',
        problem: { code: 'invalid-input', status: 413 },
      });
    },
  );
});
