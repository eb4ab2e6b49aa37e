import { isJsonObject } from '../http/body.ts';
import { type InputError, Problem } from '../problem.ts';

/** A kind of event that no lookup answers, and that has something in common with one that is answered. */
interface UnsupportedKind {
  /** What the refusal calls it. */
  readonly name: string;
  readonly advice: string;
  readonly errors?: readonly InputError[];
  matches(event: unknown): boolean;
}

const ROUTE_ADVICE = 'Send the request to the route of the lookup, to a function URL or to a load balancer.';

const KINDS: readonly UnsupportedKind[] = [
  {
    // Also one of a single record: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
    name: 'a list, as EventBridge Pipes sends its batches',
    advice: 'Let the pipe send to the queue of the lookup, or invoke the function with one message.',
    errors: [{ pointer: '', detail: 'must be an object' }],
    matches: Array.isArray,
  },
  {
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-lambda-authorizer-input.html and
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    name: 'a request to a Lambda authorizer',
    advice: 'Configure another function as the authorizer: a lookup authorizes nobody.',
    matches: (event) =>
      isJsonObject(event) && ['methodArn', 'routeArn', 'authorizationToken'].some((name) => Object.hasOwn(event, name)),
  },
  {
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
    name: 'an event of a WebSocket API',
    advice: ROUTE_ADVICE,
    matches: (event) => hasContext(event, ['connectionId']),
  },
  {
    // https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html: version 2.0, and 1.0 without a context.
    name: 'a request of VPC Lattice',
    advice: ROUTE_ADVICE,
    matches: (event) =>
      hasContext(event, ['serviceNetworkArn', 'serviceArn', 'targetGroupArn']) ||
      (isJsonObject(event) && Object.hasOwn(event, 'raw_path')),
  },
];

/**
 * Refuses by name the events that would be taken for something else.
 * @throws Problem `invalid-input`
 */
export function refuseUnsupported(event: unknown): void {
  const kind = KINDS.find(({ matches }) => matches(event));
  if (!kind) return;
  const { name, advice, errors } = kind;
  throw new Problem('invalid-input', `The event is ${name}, which no lookup answers. ${advice}`, {
    ...(errors && { errors }),
  });
}

function hasContext(event: unknown, names: readonly string[]): boolean {
  if (!isJsonObject(event) || !isJsonObject(event['requestContext'])) return false;
  const { requestContext } = event;
  return names.some((name) => Object.hasOwn(requestContext, name));
}
