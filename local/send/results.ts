import type { ReceivedEvent } from '../event-bus.ts';
import type { Ending } from './ending.ts';

/** The end of a message whose result is on the bus, with the result as a rule of the bus sees it. */
export function endingOf({ source, detailType, detailText }: ReceivedEvent): Ending {
  const head = `{"source":${JSON.stringify(source)},"detail-type":${JSON.stringify(detailType)}`;
  return {
    kind: detailType === 'Lookup Succeeded' ? 'answered' : 'failed',
    result: `${head},"detail":${detailText}}`,
  };
}
