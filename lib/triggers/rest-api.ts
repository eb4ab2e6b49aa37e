import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { isJsonObject } from '../http/body.ts';
import type { Caller } from './account-access.ts';
import { answerHttp } from './http.ts';
import { readHttpEvent } from './http-event.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * A request to an API Gateway REST API with proxy integration, or to an HTTP API with payload format 1.0, which brings the
 * same: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function answerRestApi(event: unknown, context: TriggerContext): Promise<APIGatewayProxyResult> | undefined {
  return isRestApiEvent(event) ? answer(event, context) : undefined;
}

function isRestApiEvent(event: unknown): event is APIGatewayProxyEvent {
  if (!isJsonObject(event) || typeof event['httpMethod'] !== 'string') return false;
  return isJsonObject(event['requestContext']) && !Object.hasOwn(event['requestContext'], 'elb');
}

async function answer(event: APIGatewayProxyEvent, context: TriggerContext): Promise<APIGatewayProxyResult> {
  const answered = await answerHttp(readHttpEvent(event, callerOf(event)), context);
  return { statusCode: answered.status, headers: answered.headers, body: answered.body, isBase64Encoded: false };
}

/**
 * Claims are those of a token that API Gateway has checked, a Cognito user pool's or any issuer's:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-claims.html. A Lambda authorizer's
 * context has no objects: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
function callerOf({ requestContext: { authorizer, identity } }: APIGatewayProxyEvent): Caller {
  return { claims: authorizer?.['claims'], userArn: identity?.userArn };
}
