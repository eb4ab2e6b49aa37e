import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback, readBody } from './loopback.ts';

/**
 * A service of AWS of JSON 1.0 or 1.1 on loopback: one address, the action in X-Amz-Target, errors by name.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html . It accepts any credentials, unless `authorize` checks.
 */

/** A fault of the next requests. With a delay alone the true response comes late. */
export interface AwsFault {
  /** Meets requests of this action alone; default any. */
  readonly action?: string;
  /** How many requests it meets; default 1. */
  readonly times?: number;
  /** Default 500. */
  readonly status?: number;
  /** Name of the exception; default the service's own for what went wrong inside. */
  readonly type?: string;
  /** Reset the connection instead of answering. */
  readonly reset?: boolean;
  /** Never answer. */
  readonly hang?: boolean;
  readonly delayMs?: number;
}

/** An error of the API: its name is the exception's. */
export class AwsError extends Error {
  readonly status: number;
  /** Its name in the old query protocol, which SQS still says in a header. */
  readonly queryCode: string | undefined;
  constructor(name: string, message: string, status = 400, queryCode?: string) {
    super(message);
    this.name = name;
    this.status = status;
    this.queryCode = queryCode;
  }
}

export type Input = Readonly<Record<string, unknown>>;

export interface AwsJsonDescription {
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
  readonly version: '1.0' | '1.1';
  /** The text before the action in X-Amz-Target. */
  readonly target: string;
  readonly actions: Readonly<Record<string, (input: Input) => object>>;
  /** Name of the exception of a fault that names none. */
  readonly faultType: string;
  /** Name of the field with an error's text; default `message`. */
  readonly messageField?: 'Message';
  /** @throws AwsError if the request may not run. */
  authorize?(incoming: IncomingMessage, body: Buffer): void;
  /** Commands of the control address, such as `GET events`. */
  readonly control: Readonly<Record<string, (value: Input, query: URLSearchParams) => object>>;
  /** Every request that came, also those that fail. */
  onRequest?(action: string, input: Input): void;
}

export interface AwsJsonService {
  readonly url: string;
  fail(fault: AwsFault): void;
  /** Forgets the faults. */
  heal(): void;
  close(): Promise<void>;
}

/** Its control address, `<url>/__control/`, takes the description's commands. */
export async function startAwsJson(description: AwsJsonDescription): Promise<AwsJsonService> {
  const faults: { fault: AwsFault; left: number }[] = [];

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const input = parse(body);
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://service');
    if (pathname.startsWith(CONTROL)) {
      const command = `${incoming.method} ${pathname.slice(CONTROL.length)}`;
      const run = description.control[command];
      const answer = run ? run(input ?? {}, searchParams) : { error: `no control command ${command}` };
      outgoing.writeHead(run ? 200 : 404, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(answer));
      return;
    }
    const [target, action = ''] = String(incoming.headers['x-amz-target'] ?? '').split('.');
    description.onRequest?.(action, input ?? {});

    const fault = takeFault(action);
    if (fault?.delayMs) await delay(fault.delayMs, undefined, { ref: false });
    if (fault?.hang) return;
    if (fault?.reset) {
      incoming.socket.resetAndDestroy();
      return;
    }
    try {
      if (fault && (fault.delayMs === undefined || fault.status !== undefined || fault.type !== undefined)) {
        const type = fault.type ?? description.faultType;
        throw new AwsError(type, 'A fault that was asked for.', fault.status ?? 500);
      }
      description.authorize?.(incoming, body);
      const known = target === description.target && Object.hasOwn(description.actions, action);
      const run = known ? description.actions[action] : undefined;
      if (!run) throw new AwsError('UnknownOperationException', `No action ${action} here.`);
      if (!input) throw new AwsError('SerializationException', 'The body is no JSON object.');
      answer(outgoing, 200, run(input));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.queryCode) outgoing.setHeader('x-amzn-query-error', `${error.queryCode};Sender`);
      answer(outgoing, error.status, { __type: error.name, [description.messageField ?? 'message']: error.message });
    }
  }

  function takeFault(action: string): AwsFault | undefined {
    const index = faults.findIndex(({ fault }) => fault.action === undefined || fault.action === action);
    const entry = faults[index];
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) faults.splice(index, 1);
    return entry.fault;
  }

  function answer(outgoing: ServerResponse, status: number, value: object): void {
    outgoing.writeHead(status, {
      'content-type': `application/x-amz-json-${description.version}`,
      'x-amzn-requestid': randomUUID(),
    });
    outgoing.end(JSON.stringify(value));
  }

  const { url, close } = await listenOnLoopback(handle, { port: description.port });

  return {
    url,
    fail: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    heal: () => {
      faults.length = 0;
    },
    close,
  };
}

const CONTROL = '/__control/';

/** @returns undefined for what is no JSON object */
export function parse(body: Buffer | string): Input | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Input) : undefined;
  } catch {
    return undefined;
  }
}
