import { ONLINE_AGENT_CODES } from '../codes.ts';
import { createHandler, createTokens } from './handler.ts';
import { Failure, readExactJson, readJson, send } from './http.ts';
import { shape } from './shape.ts';

interface IsdpSecret {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly username: string;
  readonly password: string;
}

const tokenOf = createTokens(async ({ baseUrl, clientId, clientSecret, username, password }: IsdpSecret) => {
  const grant = {
    client_id: clientId,
    client_secret: clientSecret ?? clientId,
    grant_type: 'password',
    username,
    password,
  };
  const headers = { 'content-type': 'application/json' };
  const reply = await send('POST', `${baseUrl}/oauth2/oauth/rest_token`, headers, JSON.stringify(grant));
  const { access_token: token, expires_in: seconds } = readJson<{ access_token: string; expires_in: number }>(reply);
  return { token, seconds: Number(seconds) };
});

const agent = shape(
  {
    agentCode: String,
    productType: String,
    deliveryScene: String,
    businessType: String,
    agentAccount: String,
    agentName: String,
    type: String,
    areaName: String,
    cityId: String,
    createName: String,
    lastUpdateName: String,
    agentSignInTime: Number,
    agentId: String,
    tenantId: String,
    userId: String,
    createdBy: String,
    lastUpdatedBy: String,
    creationTimestamp: Number,
    lastUpdateTimestamp: Number,
    onlineStatus: Number,
    isArea: Number,
    capacity: Number,
    agentSignInDate: Number,
    creationDate: String,
    lastUpdateDate: String,
  },
  ONLINE_AGENT_CODES,
);

const page = shape({ data: (rows: object[]) => rows.map(agent), pos: Number, total_count: Number });

interface Input {
  readonly type?: number;
  readonly onlineStatus?: number;
  readonly pageStart?: number;
  readonly pageSize?: number;
}

function isCount(value: unknown, maximum: number): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= maximum);
}

export const handler = createHandler<IsdpSecret, Input>({
  name: 'findOnlineAgent',
  vendor: 'huawei-isdp',
  isInput: ({ type, onlineStatus, pageStart, pageSize, ...others }) =>
    isCount(type, 10) &&
    isCount(onlineStatus, 1) &&
    isCount(pageStart, 2_147_483_647) &&
    isCount(pageSize, 50) &&
    Object.keys(others).length === 0,
  ask: async (input, secret) => {
    const headers = { authorization: `bearer ${await tokenOf(secret)}`, 'content-type': 'application/json' };
    const url = `${secret.baseUrl}/openapi/v1/openTask/findOnlineAgent`;
    const reply = await send('POST', url, headers, JSON.stringify(input));
    const { stateCode, result } = readExactJson<{ stateCode: string; result: object }>(reply);
    if (stateCode !== '0') throw new Failure(422, 'refused');
    return page(result);
  },
});
