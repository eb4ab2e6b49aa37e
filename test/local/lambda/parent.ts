import { startLambda } from '../../../local/lambda/lambda.ts';

/* A Lambda in a process of its own that can be killed; its function goes to the meeting place that the argument names. */

const lambda = await startLambda({
  functions: [{ name: 'fixture', handlerFile: 'test/local/lambda/fixture.ts', timeoutMs: 600_000 }],
  environment: {},
  onLogLine: () => undefined,
});
await lambda.invoke('fixture', { meet: process.argv[2] });
