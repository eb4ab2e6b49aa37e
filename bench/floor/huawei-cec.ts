import { createTokens } from './handler.ts';
import { readJson, send } from './http.ts';

export interface CecSecret {
  readonly baseUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
}

const tokenOf = createTokens(async ({ baseUrl, appKey, appSecret }: CecSecret) => {
  const reply = await send(
    'POST',
    `${baseUrl}/apigovernance/api/oauth/tokenByAkSk`,
    { 'content-type': 'application/json', 'x-token-expire': '3600' },
    JSON.stringify({ app_key: appKey, app_secret: appSecret }),
  );
  const { AccessToken, Expires } = readJson<{ AccessToken: string; Expires: string }>(reply);
  return { token: AccessToken, seconds: Number(Expires) };
});

export async function askCec<Body>(path: string, input: object, secret: CecSecret): Promise<Body> {
  const headers = {
    authorization: `Bearer ${await tokenOf(secret)}`,
    'x-app-key': secret.appKey,
    'content-type': 'application/json;charset=UTF-8',
  };
  return readJson(await send('POST', secret.baseUrl + path, headers, JSON.stringify(input)));
}
