import { z } from 'zod';
import { ONLINE_AGENT_CODES } from '../codes.ts';
import { createTokens, readAnswer, send } from './clients.ts';
import { createHandler } from './handler.ts';
import { labelled, number, text } from './schema.ts';

const isdpSecret = z.object({
  baseUrl: z.url(),
  clientId: z.string(),
  clientSecret: z.string().optional(),
  username: z.string(),
  password: z.string(),
});

const tokenOf = createTokens(
  async ({ baseUrl, clientId, clientSecret, username, password }: z.output<typeof isdpSecret>) => {
    const reply = await send(
      'POST',
      `${baseUrl}/oauth2/oauth/rest_token`,
      { 'content-type': 'application/json' },
      JSON.stringify({
        client_id: clientId,
        client_secret: clientSecret ?? clientId,
        grant_type: 'password',
        username,
        password,
      }),
    );
    const grant = readAnswer(reply, z.object({ access_token: z.string(), expires_in: z.coerce.number() }));
    return { token: grant.access_token, seconds: grant.expires_in };
  },
);

const agent = labelled(
  {
    agentCode: text,
    productType: text,
    deliveryScene: text,
    businessType: text,
    agentAccount: text,
    agentName: text,
    type: text,
    areaName: text,
    cityId: text,
    createName: text,
    lastUpdateName: text,
    agentSignInTime: number,
    agentId: text,
    tenantId: text,
    userId: text,
    createdBy: text,
    lastUpdatedBy: text,
    creationTimestamp: number,
    lastUpdateTimestamp: number,
    onlineStatus: number,
    isArea: number,
    capacity: number,
    agentSignInDate: number,
    creationDate: text,
    lastUpdateDate: text,
  },
  ONLINE_AGENT_CODES,
);

const envelope = z.object({ stateCode: z.literal('0'), result: z.unknown() });

export const handler = createHandler({
  name: 'findOnlineAgent',
  vendor: 'huawei-isdp',
  secret: isdpSecret,
  input: z.strictObject({
    type: z.literal([0, 1, 2, 10]).optional(),
    onlineStatus: z.literal([0, 1]).optional(),
    pageStart: z.int().min(0).optional(),
    pageSize: z.int().min(1).max(50).optional(),
  }),
  output: z.object({ data: z.array(agent), pos: number, total_count: number }),
  ask: async (input, secret) => {
    const headers = { authorization: `bearer ${await tokenOf(secret)}`, 'content-type': 'application/json' };
    const url = `${secret.baseUrl}/openapi/v1/openTask/findOnlineAgent`;
    return readAnswer(await send('POST', url, headers, JSON.stringify(input)), envelope).result;
  },
});
