import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { readRoleCredentials } from '../credentials/role-credentials.ts';
import { awsFailure, createSdkHttpHandler } from '../credentials/sdk-http.ts';
import type { Transport } from '../http/transport.ts';
import type { Clock } from '../time/clock.ts';
import type { ResultEvent } from './result.ts';

const REQUEST_TIMEOUT_MS = 2_000;
/** What the SDK sends again when EventBridge does not answer or is busy. What it leaves is retried with its message. */
const MAX_ATTEMPTS = 3;

/** Where results of messages go. */
export interface EventBus {
  /**
   * Puts events on the bus.
   * @param events ten at most, of 256 KiB in all
   * @returns for each event undefined, or the code of why the bus did not take it
   */
  put(events: readonly ResultEvent[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;
}

/**
 * An event bus of EventBridge. The SDK is loaded with the first events: HTTP never needs it.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 * @param bus its name or ARN
 */
export function createEventBus(bus: string, transport: Transport, clock: Clock): EventBus {
  let client: EventBridgeClient | undefined;
  return {
    put: async (events, signal) => {
      try {
        const sdk = await import('@aws-sdk/client-eventbridge');
        client ??= new sdk.EventBridgeClient({
          credentials: readRoleCredentials,
          maxAttempts: MAX_ATTEMPTS,
          requestHandler: createSdkHttpHandler(transport, clock, REQUEST_TIMEOUT_MS),
        });
        const command = new sdk.PutEventsCommand({
          Entries: events.map(({ source, detailType, detail }) => ({
            EventBusName: bus,
            Source: source,
            DetailType: detailType,
            Detail: detail,
          })),
        });
        const { Entries: entries = [] } = await client.send(command, { abortSignal: signal });
        return events.map((_, index) => codeOf(entries[index]));
      } catch (error) {
        const code = awsFailure(error);
        return events.map(() => code);
      }
    },
  };
}

/** An event is on the bus if it has an id there. */
function codeOf(entry: { EventId?: string | undefined; ErrorCode?: string | undefined } | undefined) {
  return entry?.EventId === undefined ? (entry?.ErrorCode ?? 'unknown') : undefined;
}
