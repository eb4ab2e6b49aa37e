import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readFunctions } from '../../../local/lambda/functions.ts';
import { startSecretsManager } from '../../../local/secrets-manager.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { startSimulator } from '../../../local/simulators/server.ts';
import { AWS_KEYS } from '../../support/aws-keys.ts';
import { createTestClock } from '../../support/clock.ts';
import { createEvent } from '../../support/world.ts';
import { invoke, isRunning, openMeetingPlace, startTestLambda, TIMEOUT_MS } from './support.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('a lookup', () => {
  it('is answered from the bundle of deployment, in a process that knows the addresses it is given alone', async () => {
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
    vi.stubEnv('OF_THE_MACHINE', 'yes');
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
    });
    expect(payload.context.awsRequestId).toMatch(UUID);
    expect(payload.remainingMs).toBeGreaterThan(TIMEOUT_MS - 1_000);
    expect(payload.remainingMs).toBeLessThanOrEqual(TIMEOUT_MS);
    expect(payload.environment).toMatchObject({
      STAGE: 'test',
      AWS_LAMBDA_FUNCTION_NAME: 'contact-lookups-test-fixture',
      AWS_REGION: 'us-east-1',
    });
    expect(Object.keys(payload.environment)).not.toContain('OF_THE_MACHINE');
    expect(Object.keys(payload.environment)).not.toContain('HOME');
  });

  it('has the lines of its log that are JSON passed on', async () => {
    const lambda = await startTestLambda();

    await invoke(lambda, { log: 'started\n{"level":"INFO"}\n{not JSON}\n{"level":"WARN"}' });

    await vi.waitFor(() => expect(lambda.logLines).toEqual(['{"level":"INFO"}', '{"level":"WARN"}']));
  });
});

describe('an error', () => {
  it('is answered by its name, and the process goes on', async () => {
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
    expect((await invoke(lambda, {})).payload.pid).toBe(before.payload.pid);
  });

  it('that is no Error is answered by its type', async () => {
    const { payload } = await invoke(await startTestLambda(), { throwsText: 'no' });

    expect(payload).toEqual({ errorType: 'string', errorMessage: 'no', trace: [] });
  });

  it.each([
    [{ crash: 'out of range' }, { errorType: 'RangeError', errorMessage: 'out of range' }],
    [{ reject: 'no type' }, { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'no type' }],
    [{ exit: 3 }, { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/exit status 3$/) }],
  ])('that ends the process is answered, and the next invocation has another: %j', async (event, error) => {
    const lambda = await startTestLambda();
    const before = await invoke(lambda, {});

    const { headers, payload } = await invoke(lambda, event);

    expect(headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(payload).toMatchObject(error);
    const after = await invoke(lambda, {});
    expect(after.headers.get('x-amz-function-error')).toBeNull();
    expect(after.payload.pid).not.toBe(before.payload.pid);
    expect(isRunning(before.payload.pid)).toBe(false);
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

it('an invocation that takes too long is ended with its process when its time is over, not before', async () => {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const lambda = await startTestLambda({ clock });
  const meeting = await openMeetingPlace();
  let answered = false;
  const invoked = invoke(lambda, { meet: meeting.url }).finally(() => {
    answered = true;
  });
  const { pid, requestId } = await meeting.visitor(1);

  clock.advance(TIMEOUT_MS - 1);
  expect({ pending: clock.pending(), answered, running: isRunning(pid) }).toEqual({
    pending: 1,
    answered: false,
    running: true,
  });
  clock.advance(1);

  const { status, headers, payload } = await invoked;
  expect(status).toBe(200);
  expect(headers.get('x-amz-function-error')).toBe('Unhandled');
  expect(payload).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after 3.00 seconds`,
  });
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  expect((await invoke(lambda, {})).payload.pid).not.toBe(pid);
  expect(clock.pending()).toBe(0);
});

describe('invocations at once', () => {
  it('have a process each, and a process serves one after the other', async () => {
    const lambda = await startTestLambda();
    const meeting = await openMeetingPlace();
    const invoked = [invoke(lambda, { meet: meeting.url }), invoke(lambda, { meet: meeting.url })];
    await meeting.visitor(2);

    const pids = meeting.visitors.map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(2);
    for (const visitor of meeting.visitors) visitor.letGo();
    await Promise.all(invoked);

    expect(pids).toContain((await invoke(lambda, {})).payload.pid);
  });

  it('are refused over the bound, while an event waits for its turn', async () => {
    const lambda = await startTestLambda({ maxConcurrency: 1 });
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
    expect(second.pid).toBe(meeting.visitors[0]?.pid);
  });
});

describe('the end', () => {
  it('leaves no process, no bundle and no socket, whether a process is idle or at work', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-test-'));
    vi.stubEnv('TMPDIR', directory);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    });
    const lambda = await startTestLambda();
    const meeting = await openMeetingPlace();
    const busy = lambda.invoke('fixture', { meet: meeting.url });
    const { pid } = await meeting.visitor(1);
    const idle = await invoke(lambda, {});
    expect(await readdir(directory)).toHaveLength(1);

    await lambda.close();

    expect([pid, idle.payload.pid].filter(isRunning)).toEqual([]);
    expect(JSON.parse((await busy).payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await readdir(directory)).toEqual([]);
    await expect(invoke(lambda, {})).rejects.toThrow('fetch failed');
    await expect(lambda.invoke('fixture', {}, { type: 'Event' })).rejects.toThrow('The local Lambda is closed.');
  });

  it('of a Lambda that is killed ends its processes too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-test-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const meeting = await openMeetingPlace();
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), meeting.url], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TMPDIR: directory },
    });
    const visitor = await meeting.visitor(1);
    expect(visitor.pid).not.toBe(parent.pid);
    expect(visitor.isGone()).toBe(false);

    parent.kill('SIGKILL');

    await vi.waitFor(() => expect(visitor.isGone()).toBe(true), { timeout: 5_000 });
  });
});
