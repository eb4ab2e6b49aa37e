import type { ReceivedEvent } from '../event-bus.ts';
import type { Ending } from './ending.ts';

/** As a rule of the bus sees it, in one line. */
export function describeResult({ source, detailType, detailText }: ReceivedEvent): string {
  const head = `{"source":${JSON.stringify(source)},"detail-type":${JSON.stringify(detailType)}`;
  return `${head},"detail":${detailText}}`;
}

/** The end of a message whose result is on the bus. */
export function endingOf(event: ReceivedEvent): Ending {
  return { kind: event.detailType === 'Lookup Succeeded' ? 'answered' : 'failed', result: describeResult(event) };
}
