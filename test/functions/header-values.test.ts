import { describe, expect, it } from 'vitest';
import { queryAgentInfoByWorkNo } from '../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { batchGetConversationParticipant } from '../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { readToken } from '../../lib/credentials/token.ts';
import { systemClock } from '../../lib/time/clock.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../local/simulators/huawei-isdp.ts';
import { volcengineIm } from '../../local/simulators/volcengine-im.ts';
import { volcengineSecret } from '../support/accounts.ts';
import { startWorld } from '../support/world.ts';
import { TOKEN as CEC_TOKEN, CHAT, secretFor, startCec, USER_INFO } from './huawei-cec/support.ts';
import { around, requestsTo, withFields } from './huawei-common/support.ts';
import { TOKEN as ISDP_TOKEN, SAMPLE, startIsdp } from './huawei-isdp/support.ts';

/** Texts that people paste, and that no header can carry. */
const UNSENDABLE = [
  ['a zero-width space', 'key\u200bof-the-app'],
  ['curly quotes', '“key-of-the-app”'],
  ['a line break', 'key\nof-the-app'],
  ['a carriage return and a header', 'key\r\nx-injected: 1'],
  ['a no-break space', 'key\u00a0of-the-app'],
  ['a letter beyond ASCII', 'schlüssel'],
  ['a euro sign', 'key-€'],
  ['an emoji', 'key-🔑'],
  ['a null', 'key\0'],
  ['a delete', 'key\x7f'],
] as const;

describe('a text of the secret that no header can carry', () => {
  it.each(UNSENDABLE)('is misconfigured and names appKey of Huawei CEC: %s', async (_, appKey) => {
    const world = await startCec(getUserInfoByCallId, { secret: (url) => ({ ...secretFor(url), appKey }) });

    const response = await world.call(CHAT);

    expect(response.body).toMatchObject({ code: 'misconfigured', status: 500, retryable: false });
    expect(response.body.detail).toContain('/appKey must have ASCII characters alone');
    expect(response.text).not.toContain('of-the-app');
    expect(world.vendor.requests).toHaveLength(0);
  });

  it.each(['accessKeyId', 'sessionToken'].flatMap((field) => UNSENDABLE.map(([name, text]) => [field, name, text])))(
    'is misconfigured and names %s of Volcengine: %s',
    async (field, _, text) => {
      const world = await startWorld({
        lookup: batchGetConversationParticipant,
        simulation: volcengineIm,
        secret: (url) => ({ ...volcengineSecret(url), [field as string]: text }),
      });

      const response = await world.call({ ConversationShortId: 1, ParticipantUserIds: [10001] });

      expect(response.body).toMatchObject({ code: 'misconfigured', status: 500, retryable: false });
      expect(response.body.detail).toContain(`/${field} must have ASCII characters alone`);
      expect(world.vendor.requests).toHaveLength(0);
    },
  );

  it('is taken where only white space around it is too much', async () => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (url) => ({ ...secretFor(url), appKey: `\ufeff ${secretFor(url).appKey}\r\n` }),
    });

    expect((await world.call(CHAT)).status).toBe(200);
  });
});

const UNSENDABLE_TOKENS = [
  ['a newline at its end', 'token-of-the-vendor\n'],
  ['a blank inside', 'token of-the-vendor'],
  ['a blank before it', ' token-of-the-vendor'],
  ...UNSENDABLE,
] as const;

describe('a token that no header can carry', () => {
  it.each(UNSENDABLE_TOKENS)('is vendor-contract-changed and is not kept, of Huawei CEC: %s', async (_, token) => {
    let AccessToken: string | undefined = token;
    const simulation = around(huaweiCec, async ({ path }, answer) =>
      path === CEC_TOKEN && AccessToken ? withFields(await answer(), { AccessToken }) : answer(),
    );
    const world = await startCec(getUserInfoByCallId, { simulation });

    const response = await world.call(CHAT);
    AccessToken = undefined;
    world.clock.advance(1_000);
    const next = await world.call(CHAT);

    expect(response.body).toMatchObject({ code: 'vendor-contract-changed', status: 502, retryable: false });
    expect(response.text).not.toContain('of-the-vendor');
    expect(next.status).toBe(200);
    expect(requestsTo(world, CEC_TOKEN)).toHaveLength(2);
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it.each(UNSENDABLE_TOKENS)('is vendor-contract-changed and is not kept, of Huawei ISDP: %s', async (_, token) => {
    let bad = true;
    const simulation = around(huaweiIsdp, async ({ path }, answer) =>
      path === ISDP_TOKEN && bad ? withFields(await answer(), { access_token: token }) : answer(),
    );
    const world = await startIsdp({ simulation });

    const response = await world.call(SAMPLE);
    bad = false;
    world.clock.advance(1_000);
    const next = await world.call(SAMPLE);

    expect(response.body).toMatchObject({ code: 'vendor-contract-changed', status: 502, retryable: false });
    expect(next.status).toBe(200);
    expect(requestsTo(world, ISDP_TOKEN)).toHaveLength(2);
  });

  it.each(UNSENDABLE_TOKENS)('is not taken from the shared store: %s', (_, value) => {
    const content = { value, obtainedAt: 0, lifetimeMs: 60_000, renewsRefused: false };
    expect(readToken(content, systemClock, () => 0.5)).toBeUndefined();
    expect(readToken({ ...content, value: 'token' }, systemClock, () => 0.5)).toMatchObject({ value: 'token' });
  });

  it('leaves the last good one in use', async () => {
    let bad = false;
    const simulation = around(huaweiCec, async ({ path }, answer) =>
      path === CEC_TOKEN && bad ? withFields(await answer(), { AccessToken: 'token\n' }) : answer(),
    );
    const world = await startCec(getUserInfoByCallId, { simulation });
    await world.call(CHAT);
    bad = true;
    world.clock.advance(3_500_000);

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(requestsTo(world, CEC_TOKEN)).toHaveLength(2);
  });
});

describe('a Guid of the caller that no header can carry', () => {
  it.each(UNSENDABLE)('is invalid-input and names the header: %s', async (_, guid) => {
    const world = await startWorld({
      lookup: queryAgentInfoByWorkNo,
      simulation: huaweiAgentGateway,
      secret: (baseUrl) => ({ baseUrl, session: 'caller' }),
    });

    const response = await world.call({ agentid: 291, workno: 20011 }, { headers: { guid } });

    expect(response.body).toMatchObject({ code: 'invalid-input', status: 400, retryable: false });
    expect(response.body.detail).toContain('Guid');
    expect(world.vendor.requests).toHaveLength(0);
  });
});
