import { parseArgs } from 'node:util';

/** What is to be sent to which lookup, and as which service. */
export interface Order {
  readonly service: ServiceName;
  readonly lookup: string;
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** MessageGroupId; undefined for a standard queue. */
  readonly group?: string;
  readonly mode: Mode;
  /** Turn the clocks instead of waiting. */
  readonly hurry: boolean;
}

export const MODES = ['binary', 'structured', 'batch'] as const;
export type Mode = (typeof MODES)[number];

/** Each with the options that it takes. */
const SERVICES = {
  sqs: ['group', 'hurry'],
  'sqs-fifo': ['group', 'hurry'],
  sns: ['hurry'],
  'sns-sqs': ['group', 'hurry'],
  eventbridge: ['hurry'],
  'eventbridge-sqs': ['group', 'hurry'],
  kinesis: ['hurry'],
  dynamodb: ['hurry'],
  s3: ['hurry'],
  event: ['hurry'],
  cloudevent: ['mode', 'hurry'],
  invoke: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type ServiceName = keyof typeof SERVICES;

const DEFAULT_GROUP = 'default';

const usage = (lookups: readonly string[]) => `npm run send -- <service> <lookup> <file.json | -> [options]

Sends the messages of a file to a lookup of the running \`npm start\`, as the service would, and prints their results.
A message is { "input": {…}, "account"?: "…", "correlationId"?: "…" } or the bare input; the file has one, or a list.

services: ${Object.keys(SERVICES).join(', ')}
lookups:  ${lookups.join(', ')}
options:  --group <id>   of messages in a FIFO queue (sqs, sqs-fifo, sns-sqs, eventbridge-sqs)
          --mode <mode>  of cloudevent: ${MODES.join(', ')}
          --hurry        turn the clocks of queue and Lambda instead of waiting for another try
PORT names the one of \`npm start\`, if it is not 3000.`;

/**
 * @param lookups those that there are
 * @throws Error that says what is wrong, and what there is
 */
export function readOrder(args: readonly string[], lookups: readonly string[]): Order {
  const refuse = (what: string) => new Error(`${what}\n\n${usage(lookups)}`);
  const { positionals, values } = parse(args, refuse);
  const [service, lookup, file, ...rest] = positionals;
  if (service === undefined || lookup === undefined || file === undefined || rest.length > 0) {
    throw refuse('A service, a lookup and a file are needed.');
  }
  if (!isService(service)) throw refuse(`"${service}" is no service.`);
  if (!lookups.includes(lookup)) throw refuse(`"${lookup}" is no lookup.`);
  const taken: readonly string[] = SERVICES[service];
  const strange = Object.keys(values).find((option) => !taken.includes(option));
  if (strange !== undefined) throw refuse(`${service} takes no --${strange}.`);
  const mode = MODES.find((known) => known === (values.mode ?? 'structured'));
  if (mode === undefined) throw refuse(`"${values.mode}" is no mode.`);
  const group = values.group ?? (service === 'sqs-fifo' ? DEFAULT_GROUP : undefined);
  return { service, lookup, file, mode, hurry: values.hurry ?? false, ...(group !== undefined && { group }) };
}

function parse(args: readonly string[], refuse: (what: string) => Error) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { group: { type: 'string' }, mode: { type: 'string' }, hurry: { type: 'boolean' } },
    });
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

const isService = (name: string): name is ServiceName => Object.hasOwn(SERVICES, name);
