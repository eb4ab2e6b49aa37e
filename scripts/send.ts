import { readFunctions } from '../local/lambda/functions.ts';
import { readPort } from '../local/port.ts';
import { type Ending, summarize } from '../local/send/ending.ts';
import { findLocalServices } from '../local/send/local-services.ts';
import { readMessages } from '../local/send/messages.ts';
import { readOrder } from '../local/send/order.ts';
import { send } from '../local/send/send.ts';

/*
 * `npm run send`: messages to a lookup of a running `npm start`, by way of another service. Results go to standard output,
 * what is told meanwhile to standard error.
 */

const STAGE = 'local';

async function main(): Promise<void> {
  const functions = await readFunctions(STAGE);
  const order = readOrder(
    process.argv.slice(2),
    functions.map(({ alias = '' }) => alias),
  );
  const definition = functions.find(({ alias }) => alias === order.lookup);
  if (!definition) throw new Error(`serverless.yml has no function ${order.lookup}`);
  const messages = await readMessages(order.file);
  const local = await findLocalServices(readPort(process.env['PORT']), STAGE);

  const endings: Ending[] = [];
  await send(messages, order, definition, local, {
    end: (ending) => {
      endings.push(ending);
      if (ending.result !== undefined) console.log(ending.result);
      if (ending.reason !== undefined) console.error(`${ending.kind}: ${ending.reason}`);
    },
    note: (text) => console.error(text),
  });
  console.log(summarize(endings));
  if (!endings.every(({ kind }) => kind === 'answered' || kind === 'failed')) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
