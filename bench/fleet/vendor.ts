import { randomBytes } from 'node:crypto';
import type { HttpRequest } from '../../lib/http/message.ts';
import { CEC_CHATS } from '../../local/simulators/huawei-cec.ts';

const TOKEN_PATH = '/apigovernance/api/oauth/tokenByAkSk';

/** One request for a token, as the vendor saw it. */
export interface TokenRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly process: number;
  readonly appSecret: string;
  readonly outcome: 'granted' | 'denied' | 'failed' | 'unanswered';
}

export interface VendorAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Huawei CEC as far as a fleet needs it: a token endpoint that counts and can fail, one lookup, keys that can be revoked.
 * local/simulators/huawei-cec.ts has the pages; that one has one key.
 */
export interface FleetVendor {
  tokenEndpoint: 'sound' | 'failing' | 'silent';
  readonly tokenRequests: TokenRequest[];
  /** Called with the process whose request for a token has come, before it is answered. */
  onTokenRequest?: (process: number) => void;
  accept(appSecret: string): void;
  /** From now on the key and its tokens are refused. */
  revoke(appSecret: string): void;
  /** Undefined where no answer ever comes. */
  answer(process: number, request: HttpRequest): VendorAnswer | undefined;
}

export const isTokenRequest = ({ url }: HttpRequest) => url.endsWith(TOKEN_PATH);

export function createVendor(now: () => number): FleetVendor {
  const keys = new Set<string>();
  const tokens = new Map<string, { appSecret: string; endsAt: number }>();

  function judge(appSecret: string): TokenRequest['outcome'] {
    if (vendor.tokenEndpoint === 'silent') return 'unanswered';
    if (vendor.tokenEndpoint === 'failing') return 'failed';
    return keys.has(appSecret) ? 'granted' : 'denied';
  }

  function answerTokenRequest(process: number, { headers, body = '' }: HttpRequest): VendorAnswer | undefined {
    const appSecret = String(JSON.parse(body).app_secret);
    const outcome = judge(appSecret);
    vendor.tokenRequests.push({ at: now(), process, appSecret, outcome });
    vendor.onTokenRequest?.(process);
    if (outcome === 'unanswered') return undefined;
    if (outcome !== 'granted') return { status: outcome === 'failed' ? 503 : 403, body: {} };
    const seconds = Number(headers['x-token-expire']);
    const token = randomBytes(16).toString('hex');
    tokens.set(token, { appSecret, endsAt: now() + seconds * 1000 });
    return { status: 200, body: { AccessToken: token, Expires: String(seconds) } };
  }

  function answerLookup({ headers }: HttpRequest): VendorAnswer {
    const token = tokens.get(headers['authorization']?.replace('Bearer ', '') ?? '');
    const isGood = token && now() < token.endsAt && keys.has(token.appSecret);
    return isGood ? { status: 200, body: CEC_CHATS[0]?.user } : { status: 401, body: {} };
  }

  const vendor: FleetVendor = {
    tokenEndpoint: 'sound',
    tokenRequests: [],
    accept: (appSecret) => {
      keys.add(appSecret);
    },
    revoke: (appSecret) => {
      keys.delete(appSecret);
    },
    answer: (process, request) =>
      isTokenRequest(request) ? answerTokenRequest(process, request) : answerLookup(request),
  };
  return vendor;
}
