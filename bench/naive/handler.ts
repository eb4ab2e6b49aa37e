import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { z } from 'zod';
import { getSecret } from './clients.ts';

/*
 * A lookup as one would write it in an afternoon, with every library by the import that its documentation shows.
 */

const logger = new Logger();
const metrics = new Metrics();

export interface NaiveLookup<Secret, Input> {
  readonly name: string;
  readonly vendor: string;
  readonly secret: z.ZodType<Secret>;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType;
  /** Mints a credential where it has to, asks, and gives the result as the vendor sent it. */
  ask(input: Input, secret: Secret, event: APIGatewayProxyEventV2): Promise<unknown>;
}

export function createHandler<Secret, Input>(lookup: NaiveLookup<Secret, Input>) {
  const lookUp = async (
    event: APIGatewayProxyEventV2,
    context: Context,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const input = lookup.input.parse(JSON.parse(event.body ?? ''));
    const account = event.headers['x-vendor-account'] ?? 'default';
    const secret = await getSecret(lookup.vendor, account, lookup.secret);
    const askedAt = Date.now();
    const result = await lookup.ask(input, secret, event);
    const vendorMs = Date.now() - askedAt;
    const data = lookup.output.parse(result);
    report('Succeeded', context, vendorMs);
    return answer(200, {
      data,
      meta: { lookup: lookup.name, requestId: context.awsRequestId, vendorMs, attempts: 1 },
    });
  };

  const report = (outcome: 'Succeeded' | 'Failed', { awsRequestId: requestId }: Context, vendorMs = 0) => {
    logger.info('lookup', { lookup: lookup.name, requestId, outcome, vendorMs });
    metrics.addDimension('lookup', lookup.name);
    metrics.addMetric(outcome, MetricUnit.Count, 1);
    metrics.addMetric('VendorTime', MetricUnit.Milliseconds, vendorMs);
    metrics.publishStoredMetrics();
  };

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use({
      onError: (request) => {
        const status = request.error instanceof z.ZodError ? 400 : 502;
        report('Failed', request.context);
        request.response = answer(status, { status, detail: request.error?.message });
      },
    })
    .handler(lookUp);
}

function answer(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(body) };
}
