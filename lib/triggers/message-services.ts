import type { Transport } from '../http/transport.ts';
import { createMessageVisibility, type MessageVisibility } from '../queues/visibility.ts';
import { createEventBus, type EventBus } from '../results/event-bus.ts';
import type { Clock } from '../time/clock.ts';
import { createBatchReport, type ReportBatch } from './batch-report.ts';
import { type EventMapping, readEventMapping } from './mapping.ts';

/** What only messages need: triggers whose sender does not wait for an answer. */
export interface MessageServices {
  /** How events that are not a message already are read as one. */
  readonly eventMapping: EventMapping;
  /** Whether lookups of passwords are answered from events that are stored on their way. */
  readonly secretsInEvents: boolean;
  /** Where results go; undefined where the stage has named no bus. */
  readonly bus: EventBus | undefined;
  readonly visibility: MessageVisibility;
  readonly reportBatch: ReportBatch;
}

/**
 * As the stage has set them in `EVENT_MAPPING`, `SECRETS_IN_EVENTS` and `RESULT_BUS`. Nothing of it is loaded before the
 * first message.
 * @throws Error for a mapping that is none
 */
export function createMessageServices(stage: string, transport: Transport, clock: Clock): MessageServices {
  const bus = process.env['RESULT_BUS'];
  return {
    eventMapping: readEventMapping(process.env['EVENT_MAPPING']),
    secretsInEvents: process.env['SECRETS_IN_EVENTS'] === 'allowed',
    bus: bus ? createEventBus(bus, transport, clock) : undefined,
    visibility: createMessageVisibility(transport, clock),
    reportBatch: createBatchReport(stage),
  };
}
