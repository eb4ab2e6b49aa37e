import { PARTICIPANT_CODES } from '../codes.ts';
import { createHandler } from './handler.ts';
import { basicDate, hmac, sha256 } from './hash.ts';
import { Failure, readExactJson, send } from './http.ts';
import { shape } from './shape.ts';

interface VolcengineSecret {
  readonly baseUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly appId: number;
}

const QUERY = 'Action=BatchGetConversationParticipant&Version=2020-12-01';

function signedHeaders(body: string, secret: VolcengineSecret): Record<string, string> {
  const headers = {
    'content-type': 'application/json',
    host: new URL(secret.baseUrl).host,
    'x-content-sha256': sha256(body),
    'x-date': basicDate(),
  };
  const names = Object.keys(headers).join(';');
  const canonicalHeaders = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const hash = headers['x-content-sha256'];
  const canonicalRequest = ['POST', '/', QUERY, canonicalHeaders.join(''), names, hash].join('\n');
  const scope = [headers['x-date'].slice(0, 8), secret.region, 'rtc', 'request'];
  const key = scope.reduce<string | Buffer>(hmac, secret.secretAccessKey);
  const stringToSign = ['HMAC-SHA256', headers['x-date'], scope.join('/'), sha256(canonicalRequest)].join('\n');
  const signature = hmac(key, stringToSign).toString('hex');
  const credential = `${secret.accessKeyId}/${scope.join('/')}`;
  const authorization = `HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization };
}

const participant = shape(
  {
    ConversationShortId: String,
    ParticipantUserId: String,
    Operator: String,
    Role: Number,
    Status: Number,
    Level: Number,
    BlockTime: Number,
    CreateTime: Number,
    NickName: String,
    Ext: (ext: object) => ext,
    AvatarUrl: String,
  },
  PARTICIPANT_CODES,
);

interface Input {
  readonly ConversationShortId: string;
  readonly ParticipantUserIds: readonly string[];
}

function isId(value: unknown): boolean {
  return /^[1-9]\d{0,18}$/.test(String(value));
}

interface Answer {
  readonly ResponseMetadata: { readonly Error?: { readonly Code: string } };
  readonly Result: { readonly Participants: object[] | null };
}

export const handler = createHandler<VolcengineSecret, Input>({
  name: 'batchGetConversationParticipant',
  vendor: 'volcengine-im',
  isInput: ({ ConversationShortId, ParticipantUserIds, ...others }) =>
    isId(ConversationShortId) &&
    Array.isArray(ParticipantUserIds) &&
    ParticipantUserIds.length > 0 &&
    ParticipantUserIds.every(isId) &&
    Object.keys(others).length === 0,
  ask: async ({ ConversationShortId, ParticipantUserIds }, secret) => {
    // Ids go out as bare integers with all their digits, which JSON.stringify cannot write from a number.
    const body = `{"AppId":${secret.appId},"ConversationShortId":${ConversationShortId},"ParticipantUserIds":[${ParticipantUserIds.join(',')}]}`;
    const reply = await send('POST', `${secret.baseUrl}/?${QUERY}`, signedHeaders(body, secret), body);
    const { ResponseMetadata, Result } = readExactJson<Answer>(reply);
    if (ResponseMetadata.Error) throw new Failure(422, `refused: ${ResponseMetadata.Error.Code}`);
    return { Participants: (Result.Participants ?? []).map(participant) };
  },
});
