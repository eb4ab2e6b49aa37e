import { isJsonObject } from '../http/body.ts';
import { parseJson } from '../json/int64.ts';
import { Problem } from '../problem.ts';

/**
 * What brought a message: the innermost of what it is wrapped in, so that an EventBridge event in an SQS message is
 * `eventbridge`. `event` is any other asynchronous event, S3's records among them.
 */
export const FORMS = ['sqs', 'sns', 'eventbridge', 'kinesis', 'dynamodb', 'cloudevents', 'event'] as const;

export type Form = (typeof FORMS)[number];

/**
 * Makes the message of what came.
 * @throws Problem `invalid-input` where a path cannot be followed in it
 */
type MapContent = (root: unknown) => unknown;

/** How a stage reads messages whose content is not one of ours. */
export interface EventMapping {
  has(form: Form): boolean;
  /**
   * Compiled once, with the first message of a process that has a mapping.
   * @throws Error that names the path which is none
   */
  compile(): Promise<ReadonlyMap<Form, MapContent>>;
}

const NONE: EventMapping = { has: () => false, compile: async () => new Map() };

/**
 * The stage's setting, `EVENT_MAPPING`: a JSON object with a template for each form that has one. A field `name.$` of a
 * template holds a JSONPath (RFC 9535) and becomes the field `name` with what the path finds: a value where the path can
 * only find one, a list otherwise, and no field where such a value is not there. All other fields stay as they are. That
 * is how Step Functions writes it, in JSONPath's first standard:
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
 * @throws Error
 */
export function readEventMapping(setting: string | undefined, name = 'EVENT_MAPPING'): EventMapping {
  if (!setting) return NONE;
  const templates = parseTemplates(setting, name);
  let compiled: Promise<ReadonlyMap<Form, MapContent>> | undefined;
  return {
    has: (form) => templates.has(form),
    compile: () => {
      compiled ??= compileAll(templates, name);
      return compiled;
    },
  };
}

function parseTemplates(setting: string, name: string): ReadonlyMap<Form, unknown> {
  const templates = parse(setting);
  if (!isJsonObject(templates))
    throw new Error(`${name} must be a JSON object, of forms of events and their templates`);
  for (const [form, template] of Object.entries(templates)) {
    if (!FORMS.some((known) => known === form)) {
      throw new Error(`${name}: "${form}" is none of ${FORMS.join(', ')}`);
    }
    if (!isJsonObject(template)) throw new Error(`${name}: the template of "${form}" must be an object`);
  }
  return new Map(Object.entries(templates) as [Form, unknown][]);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

type Compile = typeof import('./json-path.ts').compile;

async function compileAll(templates: ReadonlyMap<Form, unknown>, name: string): Promise<ReadonlyMap<Form, MapContent>> {
  const { compile } = await import('./json-path.ts');
  return new Map(
    [...templates].map(([form, template]) => [form, compileMessage(template, `${name}: ${form}`, compile)]),
  );
}

function compileMessage(template: unknown, name: string, compile: Compile): MapContent {
  const map = compileTemplate(template, name, compile);
  if (!isJsonObject(template) || !Object.hasOwn(template, 'input.$')) return map;
  // Without its input a message would be read as a bare one, and lose whose it is.
  return (root) => Object.assign({ input: undefined }, map(root));
}

function compileTemplate(template: unknown, name: string, compile: Compile): MapContent {
  if (Array.isArray(template)) {
    const elements = template.map((element) => compileTemplate(element, name, compile));
    return (root) => elements.map((element) => element(root));
  }
  if (!isJsonObject(template)) return () => template;
  const fields = Object.entries(template).map(([field, value]): [string, MapContent] =>
    field.endsWith('.$')
      ? [field.slice(0, -2), compilePath(value, `${name}: ${field}`, compile)]
      : [field, compileTemplate(value, name, compile)],
  );
  return (root) =>
    Object.fromEntries(fields.map(([field, map]) => [field, map(root)]).filter(([, value]) => value !== undefined));
}

function compilePath(path: unknown, name: string, compile: Compile): MapContent {
  if (typeof path !== 'string') throw new Error(`${name} must be a JSONPath`);
  const query = compiled(path, name, compile);
  const find = (root: unknown) => {
    try {
      // A message is JSON; what the library calls so leaves out bigints, which it only passes on.
      return query.query(root as Parameters<typeof query.query>[0]).values();
    } catch (error) {
      // It goes 50 levels down.
      if ((error as Error).name !== 'JSONPathRecursionLimitError') throw error;
      throw new Problem('invalid-input', 'The message is nested too deep for the JSONPath that it is mapped with.');
    }
  };
  return query.singularQuery() ? (root) => find(root)[0] : find;
}

function compiled(path: string, name: string, compile: Compile) {
  try {
    return compile(path);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}
