import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';

/** A function as the local Lambda runs it. */
export interface LocalFunction {
  /** `<service>-<stage>-<key in serverless.yml>`, as deployment names it. */
  readonly name: string;
  /** Another name by which it can be invoked: the key. */
  readonly alias?: string;
  /** Path from the root of the repository; it exports `handler`. */
  readonly handlerFile: string;
  /** Of the HTTP API: `POST /v1/…`. */
  readonly routes?: readonly string[];
  readonly timeoutMs: number;
  /** Default 1,024, as Serverless has it. */
  readonly memorySizeMb?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** How often a failed asynchronous invocation is tried again; Lambda's default is 2. */
  readonly maximumRetryAttempts?: number;
  /** At work all the time, so that its invocations do not count among those under way. */
  readonly inBackground?: boolean;
}

/** The part of serverless.yml that is read here. */
interface Service {
  readonly service: string;
  readonly params?: { readonly default?: Readonly<Record<string, unknown>> };
  readonly provider: { readonly timeout?: number; readonly memorySize?: number; readonly environment?: unknown };
  readonly functions: Readonly<Record<string, unknown>>;
}

interface FunctionEntry {
  readonly handler: string;
  readonly timeout?: number;
  readonly memorySize?: number;
  readonly environment?: unknown;
  readonly maximumRetryAttempts?: number;
  readonly events?: readonly { readonly httpApi?: { readonly method: string; readonly path: string } }[];
}

const SERVERLESS_YML = resolve(import.meta.dirname, '../../serverless.yml');
/** Serverless's own, where neither function nor provider sets one. */
const DEFAULT_TIMEOUT_SECONDS = 6;

/**
 * The functions of serverless.yml whose entry is there as it stands; one that a file computes, as keepAgentSessions, is
 * left out. Of environments it has the texts, and in them the stage and the default params: whatever else a variable
 * stands for is left out, for the caller to give.
 * @throws Error where a handler is not `<file>.handler`
 */
export async function readFunctions(stage: string, file = SERVERLESS_YML): Promise<LocalFunction[]> {
  const { service, params, provider, functions } = parse(await readFile(file, 'utf8')) as Service;
  const variables = { 'sls:stage': stage, ...prefix('param:', params?.default ?? {}) };

  return Object.entries(functions).flatMap(([key, entry]) => {
    if (!isEntry(entry)) return [];
    const [, path] = /^(.+)\.handler$/.exec(entry.handler) ?? [];
    if (path === undefined) throw new Error(`serverless.yml: the handler of ${key} is not "<file>.handler"`);
    const memorySizeMb = entry.memorySize ?? provider.memorySize;
    return [
      {
        name: `${service}-${stage}-${key}`,
        alias: key,
        handlerFile: `${path}.ts`,
        routes: (entry.events ?? []).flatMap(({ httpApi }) => (httpApi ? [`${httpApi.method} ${httpApi.path}`] : [])),
        timeoutMs: (entry.timeout ?? provider.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
        environment: {
          ...resolveTexts(provider.environment, variables),
          ...resolveTexts(entry.environment, variables),
        },
        ...(memorySizeMb !== undefined && { memorySizeMb }),
        ...(entry.maximumRetryAttempts !== undefined && { maximumRetryAttempts: entry.maximumRetryAttempts }),
      },
    ];
  });
}

function isEntry(entry: unknown): entry is FunctionEntry {
  return typeof entry === 'object' && entry !== null && 'handler' in entry && typeof entry.handler === 'string';
}

function prefix(start: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [start + name, value]));
}

function resolveTexts(environment: unknown, variables: Readonly<Record<string, unknown>>): Record<string, string> {
  // A variable may stand for the whole of it.
  if (typeof environment !== 'object' || environment === null) return {};
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      if (typeof value === 'object') return [];
      const text = String(value).replace(/\$\{([\w:]+)\}/g, (all, variable: string) =>
        Object.hasOwn(variables, variable) ? String(variables[variable]) : all,
      );
      return text.includes('${') ? [] : [[name, text]];
    }),
  );
}
