import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { PARTICIPANT_CODES } from '../codes.ts';
import { readAnswer, send } from './clients.ts';
import { createHandler } from './handler.ts';
import { labelled, number, text } from './schema.ts';

const volcengineSecret = z.object({
  baseUrl: z.url(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  appId: z.int(),
});

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

function sign(url: URL, body: string, secret: z.output<typeof volcengineSecret>): Record<string, string> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = new Map([
    ['content-type', 'application/json'],
    ['host', url.host],
    ['x-content-sha256', sha256(body)],
    ['x-date', date],
  ]);
  const names = [...headers.keys()].join(';');
  const lines = [...headers].map(([name, value]) => `${name}:${value}\n`).join('');
  url.searchParams.sort();
  const canonicalRequest = ['POST', '/', url.searchParams.toString(), lines, names, sha256(body)].join('\n');
  const scope = `${date.slice(0, 8)}/${secret.region}/rtc/request`;
  const key = scope.split('/').reduce<string | Buffer>(hmac, secret.secretAccessKey);
  const signature = hmac(key, ['HMAC-SHA256', date, scope, sha256(canonicalRequest)].join('\n')).toString('hex');
  const authorization = `HMAC-SHA256 Credential=${secret.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...Object.fromEntries(headers), authorization };
}

const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((digits) => /^[1-9]\d{0,18}$/.test(digits));

const participant = labelled(
  {
    ConversationShortId: text,
    ParticipantUserId: text,
    Operator: text,
    Role: number,
    Status: number,
    Level: number,
    BlockTime: number,
    CreateTime: number,
    NickName: text,
    Ext: z.record(z.string(), z.string()).nullish(),
    AvatarUrl: text,
  },
  PARTICIPANT_CODES,
);

const envelope = z.object({
  ResponseMetadata: z.object({ RequestId: z.string(), Error: z.undefined().optional() }),
  Result: z.unknown(),
});

export const handler = createHandler({
  name: 'batchGetConversationParticipant',
  vendor: 'volcengine-im',
  secret: volcengineSecret,
  input: z.strictObject({ ConversationShortId: id, ParticipantUserIds: z.array(id).min(1) }),
  output: z.object({ Participants: z.array(participant) }),
  ask: async ({ ConversationShortId, ParticipantUserIds }, secret) => {
    const url = new URL(`${secret.baseUrl}/?Action=BatchGetConversationParticipant&Version=2020-12-01`);
    // JSON.stringify cannot write the digits of a 64-bit id as a bare integer.
    const body = `{"AppId":${secret.appId},"ConversationShortId":${ConversationShortId},"ParticipantUserIds":[${ParticipantUserIds.join(',')}]}`;
    return readAnswer(await send('POST', url.href, sign(url, body, secret), body), envelope).Result;
  },
});
