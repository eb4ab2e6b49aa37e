import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isJsonObject } from '../http/body.ts';
import type { Caller } from './account-access.ts';
import { answerHttp } from './http.ts';
import { readHttpEvent } from './http-event.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * A request to an API Gateway HTTP API, payload format 2.0, or to the function's own URL, which brings the same. The names
 * of headers come in lower case.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export function answerHttpApi(
  event: unknown,
  context: TriggerContext,
): Promise<APIGatewayProxyStructuredResultV2> | undefined {
  return isHttpApiEvent(event) ? answer(event, context) : undefined;
}

function isHttpApiEvent(event: unknown): event is APIGatewayProxyEventV2 {
  if (!isJsonObject(event) || event['version'] !== '2.0') return false;
  const { requestContext } = event;
  return isJsonObject(requestContext) && isJsonObject(requestContext['http']);
}

async function answer(
  event: APIGatewayProxyEventV2,
  context: TriggerContext,
): Promise<APIGatewayProxyStructuredResultV2> {
  const answered = await answerHttp(readHttpEvent(event, callerOf(event)), context);
  return { statusCode: answered.status, headers: answered.headers, body: answered.body };
}

/** What API Gateway says of the caller, by the authorization of the route. */
interface Authorizer {
  readonly jwt?: { readonly claims?: Caller['claims'] } | null;
  readonly iam?: { readonly userArn?: unknown } | null;
}

function callerOf({ requestContext }: APIGatewayProxyEventV2): Caller {
  const { authorizer } = requestContext as { readonly authorizer?: Authorizer | null };
  return { claims: authorizer?.jwt?.claims, userArn: authorizer?.iam?.userArn };
}
