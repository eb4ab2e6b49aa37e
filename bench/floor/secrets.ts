import { basicDate, hmac, sha256 } from './hash.ts';
import { Failure, readJson, send } from './http.ts';

const FRESH_MS = 5 * 60_000;

const held = new Map<string, { secret: unknown; readAt: number }>();

/** The secret of a vendor's account, kept for five minutes. */
export async function getSecret<Secret>(vendor: string, account: string): Promise<Secret> {
  const name = `contact-lookups/${process.env['STAGE']}/${vendor}/${account}`;
  const known = held.get(name);
  if (known && Date.now() - known.readAt < FRESH_MS) return known.secret as Secret;
  const secret = await readSecret<Secret>(name);
  held.set(name, { secret, readAt: Date.now() });
  return secret;
}

async function readSecret<Secret>(name: string): Promise<Secret> {
  const region = process.env['AWS_REGION'] ?? '';
  const endpoint = process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? `https://secretsmanager.${region}.amazonaws.com`;
  const token = process.env['AWS_SESSION_TOKEN'];
  const body = JSON.stringify({ SecretId: name });
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(endpoint).host,
    'x-amz-date': basicDate(),
    ...(token && { 'x-amz-security-token': token }),
    'x-amz-target': 'secretsmanager.GetSecretValue',
  };
  const reply = await send('POST', endpoint, { ...headers, authorization: authorize(headers, body, region) }, body);
  if (reply.status === 400) throw new Failure(404, 'no such account');
  return JSON.parse(readJson<{ SecretString: string }>(reply).SecretString);
}

/** AWS Signature Version 4; `headers` in the order of their names. */
function authorize(headers: Readonly<Record<string, string>>, body: string, region: string): string {
  const names = Object.keys(headers).join(';');
  const canonicalHeaders = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonicalRequest = ['POST', '/', '', canonicalHeaders.join(''), names, sha256(body)].join('\n');
  const date = headers['x-amz-date'] ?? '';
  const scope = [date.slice(0, 8), region, 'secretsmanager', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${process.env['AWS_SECRET_ACCESS_KEY']}`);
  const stringToSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonicalRequest)].join('\n');
  const signature = hmac(key, stringToSign).toString('hex');
  const credential = `${process.env['AWS_ACCESS_KEY_ID']}/${scope.join('/')}`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
}
