import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Agent, request } from 'undici';
import type { z } from 'zod';

const FRESH_MS = 5 * 60_000;

const secretsManager = new SecretsManagerClient({});
const secrets = new Map<string, { secret: unknown; readAt: number }>();

export async function getSecret<Secret>(vendor: string, account: string, schema: z.ZodType<Secret>): Promise<Secret> {
  const name = `contact-lookups/${process.env['STAGE']}/${vendor}/${account}`;
  const known = secrets.get(name);
  if (known && Date.now() - known.readAt < FRESH_MS) return known.secret as Secret;
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: name }));
  const secret = schema.parse(JSON.parse(SecretString ?? ''));
  secrets.set(name, { secret, readAt: Date.now() });
  return secret;
}

const dispatcher = new Agent({ keepAliveTimeout: 60_000 });

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export async function send(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Reply> {
  const response = await request(url, { dispatcher, method, headers, body: body ?? null });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

/** ECMAScript's JSON with source text, which TypeScript's library does not know yet. */
const exactJson = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
};

/** Checks a good answer by a schema; integers that a double would round come as bigint. */
export function readAnswer<Body>({ status, text }: Reply, schema: z.ZodType<Body>): Body {
  if (status !== 200) throw new Error(`HTTP ${status}`);
  const body = exactJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source ? BigInt(source) : value,
  );
  return schema.parse(body);
}

const TOKEN_MARGIN_MS = 30_000;

/** Tokens by what they were minted from, kept until shortly before their end. */
export function createTokens<Secret extends object>(
  mint: (secret: Secret) => Promise<{ token: string; seconds: number }>,
) {
  const held = new Map<Secret, { token: string; endsAt: number }>();
  return async (secret: Secret): Promise<string> => {
    const known = held.get(secret);
    if (known && Date.now() < known.endsAt) return known.token;
    const { token, seconds } = await mint(secret);
    held.set(secret, { token, endsAt: Date.now() + seconds * 1000 - TOKEN_MARGIN_MS });
    return token;
  };
}
