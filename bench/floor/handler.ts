import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Failure } from './http.ts';
import { getSecret } from './secrets.ts';

/**
 * What a lookup costs at least: the same calls over kept connections, the same answer, the same caches, one line of
 * log, and no library. It has no retries, no deadline, no metrics, and its checks are the cheapest that refuse a wrong
 * input.
 */
export interface FloorLookup<Secret, Input> {
  readonly name: string;
  readonly vendor: string;
  isInput(input: Partial<Record<keyof Input, unknown>>): boolean;
  /** Mints a credential where it has to, asks, and gives the answer's `data`. */
  ask(input: Input, secret: Secret, event: APIGatewayProxyEventV2): Promise<unknown>;
}

export function createHandler<Secret, Input>(lookup: FloorLookup<Secret, Input>) {
  return async (
    event: APIGatewayProxyEventV2,
    context: Pick<Context, 'awsRequestId'>,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const startedAt = Date.now();
    const requestId = context.awsRequestId;
    try {
      const input: Input = JSON.parse(event.body ?? '');
      if (!lookup.isInput(input as never)) throw new Failure(400, 'invalid input');
      const secret = await getSecret<Secret>(lookup.vendor, event.headers['x-vendor-account'] ?? 'default');
      const data = await lookup.ask(input, secret, event);
      const vendorMs = Date.now() - startedAt;
      log({ level: 'INFO', lookup: lookup.name, requestId, vendorMs });
      return answer(200, { data, meta: { lookup: lookup.name, requestId, vendorMs, attempts: 1 } });
    } catch (error) {
      const { status = 500, message } = error as Partial<Failure>;
      log({ level: 'ERROR', lookup: lookup.name, requestId, status, message });
      return answer(status, { status, detail: message, instance: requestId });
    }
  };
}

function answer(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(body) };
}

function log(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export function isText(value: unknown, maximum = Number.POSITIVE_INFINITY): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maximum;
}

const GIVEN_UP_BEFORE_END_MS = 30_000;

/** A token, kept for the lifetime that its vendor gives it, by what it was minted from. */
export function createTokens<Secret>(mint: (secret: Secret) => Promise<{ token: string; seconds: number }>) {
  const held = new WeakMap<object, { token: string; endsAt: number }>();
  return async (secret: Secret & object): Promise<string> => {
    const known = held.get(secret);
    if (known && Date.now() < known.endsAt) return known.token;
    const { token, seconds } = await mint(secret);
    held.set(secret, { token, endsAt: Date.now() + seconds * 1000 - GIVEN_UP_BEFORE_END_MS });
    return token;
  };
}
