import { randomUUID } from 'node:crypto';
import { ACCOUNT, REGION } from './aws.ts';

/** An event of a custom bus: https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html */
export function eventBridgeEvent(detail: unknown) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Lookup Requested',
    source: 'contact-lookups.send',
    account: ACCOUNT,
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: REGION,
    resources: [],
    detail,
  };
}
