import { z } from 'zod';
import { createTokens, readAnswer, send } from './clients.ts';

export const cecSecret = z.object({ baseUrl: z.url(), appKey: z.string(), appSecret: z.string() });

type CecSecret = z.output<typeof cecSecret>;

const grant = z.object({ AccessToken: z.string(), Expires: z.coerce.number() });

const tokenOf = createTokens(async ({ baseUrl, appKey, appSecret }: CecSecret) => {
  const reply = await send(
    'POST',
    `${baseUrl}/apigovernance/api/oauth/tokenByAkSk`,
    { 'content-type': 'application/json', 'x-token-expire': '3600' },
    JSON.stringify({ app_key: appKey, app_secret: appSecret }),
  );
  const { AccessToken, Expires } = readAnswer(reply, grant);
  return { token: AccessToken, seconds: Expires };
});

export async function askCec<Body>(
  path: string,
  input: object,
  secret: CecSecret,
  schema: z.ZodType<Body>,
): Promise<Body> {
  const headers = {
    authorization: `Bearer ${await tokenOf(secret)}`,
    'x-app-key': secret.appKey,
    'content-type': 'application/json;charset=UTF-8',
  };
  return readAnswer(await send('POST', secret.baseUrl + path, headers, JSON.stringify(input)), schema);
}
