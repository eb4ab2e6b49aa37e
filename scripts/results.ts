import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readPort } from '../local/port.ts';
import { readResults } from '../local/send/local-services.ts';
import { describeResult } from '../local/send/results.ts';

/* `npm run results`: the results of messages on the bus of a running `npm start`, each as a rule of the bus sees it. */

const USAGE = `npm run results -- [--follow]

Prints the results that \`npm start\` has on its bus, one in a line. With --follow it goes on with each new one until Ctrl-C.
PORT names the one of \`npm start\`, if it is not 3000.`;
const LOOK_INTERVAL_MS = 300;

async function main(): Promise<void> {
  const port = readPort(process.env['PORT']);
  const { follow } = readOptions();
  let seen = 0;
  for (;;) {
    const { events, next } = await readResults(port, seen);
    for (const event of events) console.log(describeResult(event));
    // Another `npm start` has begun to count.
    seen = next < seen ? 0 : next;
    if (!follow) return;
    await pause(LOOK_INTERVAL_MS);
  }
}

function readOptions(): { readonly follow: boolean } {
  try {
    const { values } = parseArgs({ options: { follow: { type: 'boolean', default: false } } });
    return values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
