import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readFunctions } from '../../../local/lambda/functions.ts';
import { startSecretsManager } from '../../../local/secrets-manager.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { startSimulator } from '../../../local/simulators/server.ts';
import { AWS_KEYS } from '../../support/aws-keys.ts';
import { createTestClock } from '../../support/clock.ts';
import { createEvent } from '../../support/world.ts';
import { invoke, openMeetingPlace, startTestLambda, TIMEOUT_MS } from './support.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('a lookup', () => {
  it('is answered from the bundle of deployment, in an instance that knows the addresses it is given alone', async () => {
    const vendor = await startSimulator(huaweiIsdp);
    const secretsManager = await startSecretsManager({
      keys: AWS_KEYS,
      secrets: {
        'contact-lookups/test/huawei-isdp/default': {
          baseUrl: vendor.url,
          clientId: ISDP_CLIENT_ID,
          username: ISDP_USERNAME,
          password: ISDP_PASSWORD,
        },
      },
    });
    onTestFinished(async () => {
      await Promise.all([vendor.close(), secretsManager.close()]);
    });
    const lambda = await startTestLambda({
      functions: (await readFunctions('test')).filter(({ alias }) => alias === 'findOnlineAgent'),
      environment: {
        ACCOUNT_ACCESS: '*',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
        AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
      },
    });
    const event = createEvent(JSON.stringify({ onlineStatus: 1 }));

    const { status, headers, payload } = await invoke(lambda, event, { name: 'findOnlineAgent' });

    expect({ status, error: headers.get('x-amz-function-error') }).toEqual({ status: 200, error: null });
    expect(payload.statusCode).toBe(200);
    const { data, meta } = JSON.parse(payload.body);
    expect(data.data[0]).toMatchObject({ agentId: '17813', onlineStatusLabel: 'online' });
    expect(meta.requestId).toBe(headers.get('x-amzn-requestid'));
    await vi.waitFor(() => expect(lambda.logLines.map((line) => JSON.parse(line))).toHaveLength(1));
    expect(lambda.logLines[0]).toContain(meta.requestId);
  });
});

describe('a function', () => {
  it('is told of its request and its time, and has the environment that it was given and no other', async () => {
    // The first three make every client of the AWS SDK ask another address.
    for (const name of ['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT', 'AWS_DEFAULTS_MODE', 'HOME']) {
      vi.stubEnv(name, 'true');
    }
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const lambda = await startTestLambda();

    const { headers, payload } = await invoke(lambda, { a: 'b' });

    expect(payload.event).toEqual({ a: 'b' });
    expect(payload.context).toEqual({
      awsRequestId: headers.get('x-amzn-requestid'),
      functionName: 'contact-lookups-test-fixture',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:contact-lookups-test-fixture',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/contact-lookups-test-fixture',
      logStreamName: 'local',
    });
    expect(payload.context.awsRequestId).toMatch(UUID);
    expect(payload.remainingMs).toBeGreaterThan(0);
    expect(payload.remainingMs).toBeLessThanOrEqual(TIMEOUT_MS);
    expect(payload.environment).toEqual({
      STAGE: 'test',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'contact-lookups-test-fixture',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/contact-lookups-test-fixture',
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      _HANDLER: 'test/local/lambda/fixture.handler',
      LAMBDA_TASK_ROOT: '/var/task',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
    });
  });

  it('has the lines of its log that are JSON passed on', async () => {
    const lambda = await startTestLambda();

    await invoke(lambda, { log: 'started\n{"level":"INFO"}\n{not JSON}\n{"level":"WARN"}' });

    await vi.waitFor(() => expect(lambda.logLines).toEqual(['{"level":"INFO"}', '{"level":"WARN"}']));
  });
});

describe('the log', () => {
  it('tells of a failure that the function could not log, and quotes nothing', async () => {
    const lambda = await startTestLambda();

    await invoke(lambda, { exit: 3 });
    await invoke(lambda, { crash: 'hush' });
    await invoke(lambda, { reject: 'hush' });
    await invoke(lambda, { throws: { name: 'vendor-unavailable', message: '{}' } });

    const common = { level: 'ERROR', functionName: 'contact-lookups-test-fixture', requestId: expect.any(String) };
    expect(lambda.logLines.map((line) => JSON.parse(line))).toEqual([
      { ...common, errorType: 'Runtime.ExitError', message: expect.stringMatching(/exit status 3$/) },
      { ...common, errorType: 'RangeError', message: 'The function failed.' },
      { ...common, errorType: 'Runtime.UnhandledPromiseRejection', message: 'The function failed.' },
    ]);
  });
});

describe('an error', () => {
  it('is answered by its name, and the instance goes on', async () => {
    const lambda = await startTestLambda();
    const before = await invoke(lambda, {});

    const { status, headers, payload } = await invoke(lambda, {
      throws: { name: 'vendor-unavailable', message: '{"code":"vendor-unavailable"}' },
    });

    expect(status).toBe(200);
    expect(headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(headers.get('x-amz-executed-version')).toBe('$LATEST');
    expect(payload).toEqual({
      errorType: 'vendor-unavailable',
      errorMessage: '{"code":"vendor-unavailable"}',
      trace: expect.arrayContaining([expect.stringMatching(/^ {4}at .*fixture\.cjs/)]),
    });
    expect((await invoke(lambda, {})).payload.instance).toBe(before.payload.instance);
  });

  it('that is no Error is answered by its type', async () => {
    const { payload } = await invoke(await startTestLambda(), { throwsText: 'no' });

    expect(payload).toEqual({ errorType: 'string', errorMessage: 'no', trace: [] });
  });

  it.each([
    [{ crash: 'out of range' }, { errorType: 'RangeError', errorMessage: 'out of range' }],
    [{ reject: 'no type' }, { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'no type' }],
    [{ exit: 3 }, { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/exit status 3$/) }],
    [{ hoard: true }, { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/signal: killed$/) }],
  ])('that ends the instance is answered, and the next invocation has another: %j', async (event, error) => {
    const lambda = await startTestLambda();
    const before = await invoke(lambda, {});

    const { headers, payload } = await invoke(lambda, event);

    expect(headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(payload).toMatchObject(error);
    const after = await invoke(lambda, {});
    expect(after.headers.get('x-amz-function-error')).toBeNull();
    expect(after.payload.instance).not.toBe(before.payload.instance);
  });

  it('is what becomes of an answer over 6 MB', async () => {
    const lambda = await startTestLambda();
    const longest = 6 * 1024 * 1024 + 100;

    expect((await invoke(lambda, { answerBytes: longest })).payload).toHaveLength(longest - 2);
    expect((await invoke(lambda, { answerBytes: longest + 1 })).payload).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    });
  });

  it('of a bundle without a handler is answered to each invocation', async () => {
    const lambda = await startTestLambda({
      functions: [{ name: 'nothing', handlerFile: 'local/lambda/messages.ts', timeoutMs: TIMEOUT_MS }],
    });

    const answers = [await invoke(lambda, {}, { name: 'nothing' }), await invoke(lambda, {}, { name: 'nothing' })];

    const errors = answers.map(({ headers, payload }) => [headers.get('x-amz-function-error'), payload.errorType]);
    expect(errors).toEqual([
      ['Unhandled', 'Runtime.HandlerNotFound'],
      ['Unhandled', 'Runtime.HandlerNotFound'],
    ]);
  });
});

it.each([{}, { spin: true }])(
  'an invocation that takes too long is ended with its instance when its time is over, not before: %j',
  async (event) => {
    const clock = createTestClock({ skipWaitsMs: 0 });
    const lambda = await startTestLambda({ clock });
    const meeting = await openMeetingPlace({ hold: !('spin' in event) });
    let answered = false;
    const invoked = invoke(lambda, { ...event, meet: meeting.url }).finally(() => {
      answered = true;
    });
    const visitor = await meeting.visitor(1);

    clock.advance(TIMEOUT_MS - 1);
    expect({ pending: clock.pending(), answered }).toEqual({ pending: 1, answered: false });
    clock.advance(1);

    const { status, headers, payload } = await invoked;
    expect(status).toBe(200);
    expect(headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${visitor.requestId} Error: Task timed out after 600.00 seconds`,
    });
    await vi.waitFor(() => expect(visitor.isGone()).toBe(true));
    expect((await invoke(lambda, {})).payload.instance).not.toBe(visitor.instance);
    expect(clock.pending()).toBe(0);
  },
);

describe('invocations at once', () => {
  it('have an instance each, and an instance serves one after the other', async () => {
    const lambda = await startTestLambda();
    const meeting = await openMeetingPlace();
    const invoked = [invoke(lambda, { meet: meeting.url }), invoke(lambda, { meet: meeting.url })];
    await meeting.visitor(2);

    const instances = meeting.visitors.map(({ instance }) => instance);
    expect(new Set(instances).size).toBe(2);
    for (const visitor of meeting.visitors) visitor.letGo();
    const first = await Promise.all(invoked);
    const next = await invoke(lambda, {});

    expect(instances).toContain(next.payload.instance);
    // No instance sees the modules of another one.
    expect(first.map(({ payload }) => payload.invocations)).toEqual([1, 1]);
    expect(next.payload.invocations).toBe(2);
  });

  it('are refused over the bound, while an event waits for its turn', async () => {
    const lambda = await startTestLambda({ maxInstances: 1 });
    const meeting = await openMeetingPlace();
    const first = invoke(lambda, { meet: meeting.url });
    await meeting.visitor(1);

    const event = await invoke(lambda, { meet: meeting.url }, { type: 'Event' });
    const { status, headers, payload } = await invoke(lambda, {});

    expect(event.status).toBe(202);
    expect({ status, type: headers.get('x-amzn-errortype'), payload }).toEqual({
      status: 429,
      type: 'TooManyRequestsException',
      payload: {
        Type: 'User',
        message: 'Rate Exceeded.',
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      },
    });
    expect(meeting.visitors).toHaveLength(1);
    meeting.visitors[0]?.letGo();
    await first;
    const second = await meeting.visitor(2);
    expect(second.requestId).toBe(event.headers.get('x-amzn-requestid'));
    expect(second.instance).toBe(meeting.visitors[0]?.instance);
  });
});

describe('invocations that may wait', () => {
  const few = Math.max(2, availableParallelism());

  /** As many as there are instances at first, and one more. */
  async function start() {
    const clock = createTestClock({ skipWaitsMs: 0 });
    const lambda = await startTestLambda({ clock, maxInstances: few + 1 });
    const meeting = await openMeetingPlace();
    const invoked = Array.from({ length: few + 1 }, () =>
      lambda.invoke('fixture', { meet: meeting.url }, { whenBusy: 'wait' }),
    );
    await meeting.visitor(few);
    return { clock, lambda, meeting, invoked };
  }

  it('take the next instance that becomes free', async () => {
    const { clock, meeting } = await start();
    clock.advance(99);
    meeting.visitors[0]?.letGo();

    const last = await meeting.visitor(few + 1);

    expect(last.instance).toBe(meeting.visitors[0]?.instance);
  });

  it('get another instance where none becomes free for a while', async () => {
    const { clock, meeting } = await start();
    clock.advance(99);
    expect(meeting.visitors).toHaveLength(few);
    clock.advance(1);

    const last = await meeting.visitor(few + 1);

    expect(meeting.visitors.slice(0, few).map(({ instance }) => instance)).not.toContain(last.instance);
  });

  it('get no more than there may be', async () => {
    const { clock, lambda, meeting } = await start();
    void lambda.invoke('fixture', { meet: meeting.url }, { whenBusy: 'wait' });
    clock.advance(100);
    await meeting.visitor(few + 1);
    clock.advance(1000);

    meeting.visitors[0]?.letGo();

    expect((await meeting.visitor(few + 2)).instance).toBe(meeting.visitors[0]?.instance);
    expect(meeting.visitors).toHaveLength(few + 2);
  });
});

it('an invocation whose caller has gone while it waited for an instance does not take place', async () => {
  const lambda = await startTestLambda({ maxInstances: 1 });
  const meeting = await openMeetingPlace();
  const first = lambda.invoke('fixture', { meet: meeting.url });
  await meeting.visitor(1);
  const caller = new AbortController();
  const gone = lambda.invoke('fixture', { meet: meeting.url }, { whenBusy: 'wait', signal: caller.signal });
  const last = lambda.invoke('fixture', {}, { whenBusy: 'wait' });

  caller.abort();

  await expect(gone).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  meeting.visitors[0]?.letGo();
  await first;
  expect(JSON.parse((await last).payload)).toMatchObject({ invocations: 2 });
  expect(meeting.visitors).toHaveLength(1);
});

describe('the end', () => {
  it('leaves no instance, no file and no socket, whether an instance is idle or at work', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-test-'));
    vi.stubEnv('TMPDIR', directory);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    });
    const lambda = await startTestLambda();
    const meeting = await openMeetingPlace();
    const busy = lambda.invoke('fixture', { meet: meeting.url });
    const visitor = await meeting.visitor(1);
    await invoke(lambda, {});

    await lambda.close();

    await vi.waitFor(() => expect(visitor.isGone()).toBe(true));
    expect(JSON.parse((await busy).payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await readdir(directory)).toEqual([]);
    await expect(invoke(lambda, {})).rejects.toThrow('fetch failed');
    await expect(lambda.invoke('fixture', {}, { type: 'Event' })).rejects.toThrow('The local Lambda is closed.');
  });

  it('of a process that is killed ends its instances too', async () => {
    const meeting = await openMeetingPlace();
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), meeting.url], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const visitor = await meeting.visitor(1);
    expect(visitor.isGone()).toBe(false);

    parent.kill('SIGKILL');

    await vi.waitFor(() => expect(visitor.isGone()).toBe(true));
  });
});
