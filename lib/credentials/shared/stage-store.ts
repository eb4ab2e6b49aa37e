import type { Transport } from '../../http/transport.ts';
import { systemClock } from '../../time/clock.ts';
import { withBreaker } from './breaker.ts';
import { createDynamoStore } from './dynamodb.ts';
import type { SharedStore } from './store.ts';

/** The stage's table, whose name is in TOKEN_STORE_TABLE; undefined for a stage that has none. */
export function openStageStore(transport: Transport): SharedStore | undefined {
  const table = process.env['TOKEN_STORE_TABLE'];
  if (!table) return undefined;
  return withBreaker(createDynamoStore({ table, transport, clock: systemClock }), systemClock, Math.random);
}
