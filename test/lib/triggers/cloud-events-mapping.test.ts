import { afterEach, describe, expect, test, vi } from 'vitest';
import { ask, binary, eventOf, INPUT, MODES, startCec, structuredJson } from './cloud-events-support.ts';
import { HTTP_API, invoke } from './http-support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const modes = Object.entries(MODES).map(([mode, write]) => ({ mode, write }));

describe('with a mapping of the stage', () => {
  const stubMapping = (template: object) => vi.stubEnv('EVENT_MAPPING', JSON.stringify({ cloudevents: template }));

  test('data of any form becomes a message, in every mode and in base64', async () => {
    stubMapping({
      input: { 'callId.$': '$.data.chat.id', 'userId.$': '$.data.user', tenantId: INPUT.tenantId },
      'correlationId.$': '$.id',
    });
    const world = await startCec();
    const data = { chat: { id: INPUT.callId }, user: INPUT.userId };
    const encoded = { ...eventOf(undefined), data_base64: Buffer.from(JSON.stringify(data)).toString('base64') };
    for (const sent of [...modes.map(({ write }) => write(eventOf(data))), structuredJson(encoded)]) {
      const { event } = await ask(world, sent);
      expect(event.data).toMatchObject({ correlationId: 'event-1', data: { userNickname: 'Visitor' } });
    }
  });

  test('attributes become a message, those of extensions too, without any data', async () => {
    stubMapping({
      input: { 'callId.$': '$.subject', 'userId.$': '$.userid', 'tenantId.$': '$.tenant' },
      'correlationId.$': '$.datacontenttype',
    });
    const world = await startCec();
    const attributes = { subject: INPUT.callId, userid: INPUT.userId, tenant: INPUT.tenantId };
    const event = eventOf(undefined, { ...attributes, datacontenttype: 'application/json' });
    for (const { write } of modes) {
      expect((await ask(world, write(event))).event.data).toMatchObject({
        correlationId: 'application/json',
        data: { userNickname: 'Visitor' },
      });
    }
  });

  test.each([
    ['percent-encoded', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['percent-encoded in small letters, and needlessly', '%65uro %e2%82%ac', 'euro €'],
    ['percent-encoded once', '100%2525', '100%25'],
    ['in quotes, as older senders write it', '"Euro \\"%E2%82%AC\\" \\\\"', 'Euro "€" \\'],
    ['not encoded at all', '100% sure', '100% sure'],
  ])('a header is read that is %s', async (_how, header, text) => {
    stubMapping({ input: INPUT, 'correlationId.$': '$.subject' });
    const { headers, body } = binary(eventOf(undefined));
    const { event } = await ask(await startCec(), {
      headers: { ...headers, 'ce-subject': header },
      body: body ?? null,
    });
    expect(event.data.correlationId).toBe(text);
  });

  test('that cannot be read every event fails, by the stage’s mistake', async () => {
    stubMapping({ 'input.$': 'no path' });
    const world = await startCec();
    const { headers, body } = binary(eventOf(INPUT));
    const answer = await invoke(world, HTTP_API.event({ headers: headers ?? {}, body: body ?? null }));
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(world.outcomes).toMatchObject([{ problem: 'internal', trigger: 'cloudevents' }]);
  });
});
