import { describe, expect, it } from 'vitest';
import { FUNCTION, invoke, openMeetingPlace, post, startTestLambda } from './support.ts';

const MB = 1024 * 1024;
const ARN = `arn:aws:lambda:us-east-1:123456789012:function:${FUNCTION}`;

describe('the name of a function', () => {
  it.each([FUNCTION, 'fixture', ARN, `123456789012:function:${FUNCTION}`, `${FUNCTION}:$LATEST`, `${ARN}:$LATEST`])(
    'may be %s',
    async (name) => {
      const { status, payload } = await invoke(await startTestLambda(), {}, { name });
      expect({ status, name: payload.context.functionName }).toEqual({ status: 200, name: FUNCTION });
    },
  );

  it.each(['findOnlineAgent', `${FUNCTION}:3`, `${FUNCTION}/3`, '__proto__'])(
    'that there is not is not found: %s',
    async (name) => {
      const { status, headers, payload } = await invoke(await startTestLambda(), {}, { name });
      expect({ status, type: headers.get('x-amzn-errortype'), payload }).toEqual({
        status: 404,
        type: 'ResourceNotFoundException',
        payload: { Type: 'User', Message: `Function not found: ${name}` },
      });
    },
  );

  it('may have its version in the query', async () => {
    const { url } = await startTestLambda();
    expect((await post(url, FUNCTION, '{}', {}, '?Qualifier=$LATEST')).status).toBe(200);
    expect((await post(url, FUNCTION, '{}', {}, '?Qualifier=live')).status).toBe(404);
  });
});

describe('a payload', () => {
  it('that is no JSON is refused, and not repeated', async () => {
    const { url } = await startTestLambda();
    for (const type of ['RequestResponse', 'Event', 'DryRun']) {
      const { status, headers, payload } = await post(url, FUNCTION, '{"password":"hush"', {
        'X-Amz-Invocation-Type': type,
      });
      expect({ status, type: headers.get('x-amzn-errortype') }).toEqual({
        status: 400,
        type: 'InvalidRequestContentException',
      });
      expect(payload.message).not.toContain('hush');
    }
  });

  it('that is none is an empty object', async () => {
    const { url } = await startTestLambda();
    expect((await post(url, FUNCTION, '')).payload.event).toEqual({});
  });

  it.each([
    ['RequestResponse', 6 * MB, 200],
    ['Event', MB, 202],
  ])('of %s has a limit of %i bytes', async (type, limit, status) => {
    const { url } = await startTestLambda();
    const headers = { 'X-Amz-Invocation-Type': type };
    // Answers with few bytes, whatever it is sent.
    const [start, end] = ['{"answerBytes":2,"padding":"', '"}'];
    const longest = start + 'a'.repeat(limit - start.length - end.length) + end;

    expect((await post(url, FUNCTION, longest, headers)).status).toBe(status);
    const refused = await post(url, FUNCTION, `${longest} `, headers);

    expect({ status: refused.status, type: refused.headers.get('x-amzn-errortype') }).toEqual({
      status: 413,
      type: 'RequestTooLargeException',
    });
  });
});

describe('an invocation', () => {
  it('that is a dry run checks that the function is there, and runs nothing', async () => {
    const lambda = await startTestLambda();
    const meeting = await openMeetingPlace({ hold: false });

    const dry = await invoke(lambda, { meet: meeting.url }, { type: 'DryRun' });
    const unknown = await invoke(lambda, {}, { type: 'DryRun', name: 'unknown' });

    expect([dry.status, dry.payload, unknown.status]).toEqual([204, '', 404]);
    await invoke(lambda, { meet: meeting.url });
    expect(meeting.visitors).toHaveLength(1);
  });

  it('of a type that there is not is refused', async () => {
    const { status, headers } = await invoke(await startTestLambda(), {}, { type: 'Later' });
    expect({ status, type: headers.get('x-amzn-errortype') }).toEqual({
      status: 400,
      type: 'InvalidParameterValueException',
    });
  });

  it('has a request id of its own each time', async () => {
    const lambda = await startTestLambda();
    const [one, other] = [await invoke(lambda, {}), await invoke(lambda, {})];
    expect(one.headers.get('x-amzn-requestid')).not.toBe(other.headers.get('x-amzn-requestid'));
  });
});

it.each(['functions', 'functions/', 'functions/?MaxItems=50'])('GET %s lists the functions', async (path) => {
  const { url } = await startTestLambda();
  const response = await fetch(`${url}/2015-03-31/${path}`);
  expect(await response.json()).toEqual({
    Functions: [
      {
        FunctionName: FUNCTION,
        FunctionArn: ARN,
        Runtime: 'nodejs24.x',
        Handler: 'test/local/lambda/fixture.handler',
        Timeout: 600,
        MemorySize: 128,
        Version: '$LATEST',
        PackageType: 'Zip',
      },
    ],
  });
});

it('another path or method is none of Lambda’s', async () => {
  const { url } = await startTestLambda();
  const path = `${url}/2015-03-31/functions/${FUNCTION}/invocations`;
  expect((await fetch(path)).status).toBe(404);
  const signed = { method: 'POST', headers: { authorization: 'AWS4-HMAC-SHA256' } };
  expect((await fetch(`${url}/2015-03-31/functions/`, signed)).status).toBe(404);
  expect((await fetch(`${url}/2015-03-31/functions/%E0%A4%A/invocations`, signed)).status).toBe(400);
});

it('a port that is taken is said', async () => {
  const { url } = await startTestLambda();
  await expect(startTestLambda({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
