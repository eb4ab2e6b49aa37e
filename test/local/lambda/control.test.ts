import { expect, it, vi } from 'vitest';
import type { Lambda } from '../../../local/lambda/lambda.ts';
import { FUNCTION, invoke, openMeetingPlace, startTestLambda } from './support.ts';

const THROWS = { name: 'vendor-unavailable', message: 'later' };

async function control({ url }: Lambda, command: string, body?: object) {
  const response = await fetch(`${url}/__control/${command}`, {
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as their readers would.
  return { status: response.status, answer: (await response.json()) as any };
}

const waitForState = (lambda: Lambda, state: string, attempts: number) =>
  vi.waitFor(
    async () => {
      const { answer } = await control(lambda, 'invocations');
      expect(answer.asynchronous).toMatchObject([{ functionName: FUNCTION, state, attempts }]);
      return answer;
    },
    { interval: 10 },
  );

it('the control address turns the clock of another try, and says how far each one is', async () => {
  const lambda = await startTestLambda();
  await invoke(lambda, { throws: THROWS }, { type: 'Event' });

  const { now, asynchronous } = await waitForState(lambda, 'waiting', 1);
  expect(asynchronous[0].dueAt - now).toBeGreaterThan(50_000);
  await control(lambda, 'clock', { advanceSeconds: 60 });
  await waitForState(lambda, 'waiting', 2);
  await control(lambda, 'clock', { advanceSeconds: 120 });

  const dead = await waitForState(lambda, 'dead', 3);
  expect(dead.asynchronous[0].error).toMatchObject({ errorType: 'vendor-unavailable' });
});

it('a turned clock ends no invocation', async () => {
  const lambda = await startTestLambda();
  const meeting = await openMeetingPlace();
  const answer = invoke(lambda, { meet: meeting.url });
  const visitor = await meeting.visitor(1);
  expect((await control(lambda, 'invocations')).answer).toMatchObject({ underWay: 1, asynchronous: [] });

  await control(lambda, 'clock', { advanceSeconds: 3600 });
  visitor.letGo();

  expect((await answer).headers.get('x-amz-function-error')).toBeNull();
  await vi.waitFor(async () => expect((await control(lambda, 'invocations')).answer.underWay).toBe(0));
});

it('the control address has no other command', async () => {
  expect((await control(await startTestLambda(), 'toString')).status).toBe(404);
});
