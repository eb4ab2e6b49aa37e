import { describe, expect, it } from 'vitest';
import { queryAgentInfoByWorkNo } from '../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { findOnlineAgent } from '../../functions/huawei-isdp/find-online-agent.ts';
import { batchGetConversationParticipant } from '../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../local/simulators/huawei-isdp.ts';
import { volcengineIm } from '../../local/simulators/volcengine-im.ts';
import { cecSecret, gatewaySecret, isdpSecret, volcengineSecret } from '../support/accounts.ts';
import { startWorld } from '../support/world.ts';

const CASES = [
  {
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    input: { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' },
    path: 'getUserInfoBycallId',
    explained: [400, 401, 403, 404],
  },
  {
    lookup: findOnlineAgent,
    simulation: huaweiIsdp,
    secret: isdpSecret,
    input: {},
    path: 'findOnlineAgent',
    explained: [400, 401, 403, 404],
  },
  {
    lookup: queryAgentInfoByWorkNo,
    simulation: huaweiAgentGateway,
    secret: gatewaySecret,
    input: { workno: 20011 },
    path: 'agentbyworkno',
    explained: [],
  },
  {
    lookup: batchGetConversationParticipant,
    simulation: volcengineIm,
    secret: volcengineSecret,
    input: { ConversationShortId: 1, ParticipantUserIds: [10001] },
    path: '/',
    explained: [],
  },
];

const STATUSES = [
  400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 417, 418, 421, 422, 423, 431, 451, 499,
];
const BODIES = ['', '{}', '<html><h1>Method Not Allowed</h1></html>'];

/** `explained` are statuses that the vendor's own pages explain. */
describe.each(CASES)('$lookup.name', ({ explained, input, path, ...options }) => {
  it.each(STATUSES.filter((status) => !(explained as readonly number[]).includes(status)))(
    'is not retryable by HTTP %i, which no rule of the vendor explains, and names baseUrl',
    async (status) => {
      const world = await startWorld(options);
      for (const body of BODIES) {
        world.vendor.fail({ path, status, body });

        const response = await world.call(input);

        expect(response.body).toMatchObject({ code: 'vendor-unavailable', status: 502, retryable: false });
        expect(response.body.detail).toContain('`baseUrl`');
        expect(response.body.vendor.code).toBe(String(status));
        expect(response.headers).not.toHaveProperty('retry-after');
      }
      expect(world.vendor.requests.filter((request) => request.path.includes(path))).toHaveLength(BODIES.length);
    },
  );

  it.each([408, 425])('is asked again by HTTP %i, which passes by its definition', async (status) => {
    const world = await startWorld(options);
    world.vendor.fail({ path, status, body: '' });

    const response = await world.call(input);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
  });
});

it('a redirect names baseUrl', async () => {
  const [cec] = CASES as [(typeof CASES)[0]];
  const world = await startWorld(cec);
  world.vendor.fail({ path: cec.path, status: 308, headers: { location: '/elsewhere' }, body: '' });

  expect((await world.call(cec.input)).body.detail).toContain('`baseUrl`');
});
