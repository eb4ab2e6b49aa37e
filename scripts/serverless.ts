import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/*
 * `npm run package` and `npm run deploy`: Serverless with the given arguments. Where it refuses a parameter, it prints
 * the refusal once for each variable that needs the parameter, some with a stack; this prints each refusal once.
 */

const SERVERLESS = 'node_modules/serverless/bin/serverless.js';
const REFUSAL = /Received rejection: (?:\w*Error: )?(.*?),?$/;

const child = spawn(process.execPath, [SERVERLESS, ...process.argv.slice(2)], {
  stdio: ['inherit', 'pipe', 'inherit'],
});
const ended = once(child, 'close');
const errorLines: string[] = [];
for await (const line of createInterface({ input: child.stdout })) {
  if (errorLines.length > 0 || line === 'Error:') errorLines.push(line);
  else console.log(line);
}
const refusals = new Set(errorLines.flatMap((line) => REFUSAL.exec(line)?.[1] ?? []));
if (errorLines.length > 0) console.error([...(refusals.size > 0 ? refusals : errorLines)].join('\n'));
const [exitCode] = await ended;
process.exitCode = exitCode ?? 1;
