import { isJsonObject } from '../http/body.ts';
import { parseJson } from '../json/int64.ts';
import { type Steps, startSteps } from './steps.ts';

/**
 * What brought a message: the innermost of what it is wrapped in, so that an EventBridge event in an SQS message is
 * `eventbridge`. `event` is any other asynchronous event, S3's records among them.
 */
export const FORMS = ['sqs', 'sns', 'eventbridge', 'kinesis', 'dynamodb', 'cloudevents', 'event'] as const;

export type Form = (typeof FORMS)[number];

/**
 * Makes the message of what came.
 * @throws Problem `invalid-input` where its paths cannot be followed in bounded time
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

type CompilePath = typeof import('./json-path.ts').compilePath;
type Fill = (root: unknown, steps: Steps) => unknown;

async function compileAll(templates: ReadonlyMap<Form, unknown>, name: string): Promise<ReadonlyMap<Form, MapContent>> {
  const { compilePath } = await import('./json-path.ts');
  return new Map(
    [...templates].map(([form, template]) => [form, compileMessage(template, `${name}: ${form}`, compilePath)]),
  );
}

function compileMessage(template: unknown, name: string, compilePath: CompilePath): MapContent {
  const fill = compileTemplate(template, name, compilePath);
  // Without its input a message would be read as a bare one, and lose whose it is.
  const isEnvelope = isJsonObject(template) && Object.hasOwn(template, 'input.$');
  return (root) => {
    const message = fill(root, startSteps());
    return isEnvelope ? Object.assign({ input: undefined }, message) : message;
  };
}

function compileTemplate(template: unknown, name: string, compilePath: CompilePath): Fill {
  if (Array.isArray(template)) {
    const elements = template.map((element) => compileTemplate(element, name, compilePath));
    return (root, steps) => elements.map((element) => element(root, steps));
  }
  if (!isJsonObject(template)) return () => template;
  const fields = Object.entries(template).map(([field, value]): [string, Fill] =>
    field.endsWith('.$')
      ? [field.slice(0, -2), compileField(value, `${name}: ${field}`, compilePath)]
      : [field, compileTemplate(value, name, compilePath)],
  );
  return (root, steps) => {
    const filled = fields.map(([field, fill]) => [field, fill(root, steps)] as const);
    return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
  };
}

function compileField(text: unknown, name: string, compilePath: CompilePath): Fill {
  if (typeof text !== 'string') throw new Error(`${name} must be a JSONPath`);
  try {
    const { isSingular, find } = compilePath(text);
    return isSingular ? (root, steps) => find(root, steps)[0] : find;
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}
