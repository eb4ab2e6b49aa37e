import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../lib/problem.ts';
import { around, silence } from '../functions/huawei-common/support.ts';
import { createTestClock } from '../support/clock.ts';
import { invoke } from '../support/invoke.ts';
import { agentInfo, userInfo } from '../support/lookups.ts';
import { startWorld, type World } from '../support/world.ts';

/* The documented state machine, run by an interpreter of Amazon States Language over the functions themselves. */

type Definition = ConstructorParameters<typeof StateMachine>[0];
type Run = NonNullable<Parameters<StateMachine['run']>[1]>;
type TaskHandler = NonNullable<NonNullable<Run['overrides']>['taskResourceLocalHandlers']>[string];
type Json = Parameters<TaskHandler>[0];

const PATH = 'docs/step-functions/prepare-chat.asl.json';
const definition = JSON.parse(readFileSync(PATH, 'utf8')) as Definition;

interface Retrier {
  readonly ErrorEquals: string[];
  readonly MaxAttempts: number;
}

interface Task {
  readonly Resource: string;
  readonly Retry: readonly [Retrier, Retrier];
}

const states = definition.States as unknown as Record<string, Task> & {
  LookUpAgents: { ItemProcessor: { States: Record<string, Task> } };
};
const tasks = {
  LookUpUser: states['LookUpUser'] as Task,
  LookUpAgent: states.LookUpAgents.ItemProcessor.States['LookUpAgent'] as Task,
};

interface Ended {
  readonly output?: Record<string, unknown>;
  readonly error?: Error;
}

const USER_INFO = 'getUserInfoBycallId';
const AGENT_INFO = 'agentbyworkno';
/** What a function itself tries before it fails. */
const ATTEMPTS_INSIDE = 3;

const INPUT = { chat: userInfo.input, worknos: ['20011'] };

/**
 * A task as Step Functions has it: the name of its error is the function's, its cause all that Lambda tells of it, as text.
 * What AWS recorded of such a task is in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/stepfunctions/v2/error_handling/test_task_lambda.snapshot.json
 */
function taskOf(world: World): TaskHandler {
  return async (payload) => {
    const invoked = await invoke(world, JSON.stringify(payload));
    if ('answer' in invoked) return invoked.answer as Json;
    const error = new Error(JSON.stringify(invoked.error));
    error.name = invoked.error.errorType;
    throw error;
  };
}

/** Both functions in one AWS account, and the state machine in front of them. */
async function start(simulation: typeof userInfo.simulation = userInfo.simulation) {
  const clock = createTestClock();
  const agents = await startWorld({ ...agentInfo, clock });
  // The functions read from the Secrets Manager that was started last.
  const users = await startWorld({ ...userInfo, simulation, clock });
  users.secretsManager.put('contact-lookups/test/huawei-agent-gateway/default', agentInfo.secret(agents.vendor.url));
  const handlers = { LookUpUser: taskOf(users), LookUpAgent: taskOf(agents) };

  const execute = async (input: Json, tasksInstead: Record<string, TaskHandler> = {}) => {
    const { result, eventLogs } = new StateMachine(definition).run(input, {
      overrides: {
        taskResourceLocalHandlers: { ...handlers, ...tasksInstead },
        retryIntervalOverrides: { LookUpUser: 0, LookUpAgent: 0 },
      },
    });
    const ended = result.then(
      (output): Ended => ({ output: output as Record<string, unknown> }),
      (error: Error): Ended => ({ error: error.cause as Error }),
    );
    const entered: string[] = [];
    for await (const event of eventLogs) {
      if (event.type === 'StateEntered') entered.push(event.state.name);
    }
    return { ...(await ended), entered };
  };
  return { users, agents, execute };
}

const asked = ({ vendor }: World, path: string) => vendor.requests.filter((request) => request.path.includes(path));

test('a chat is prepared with its user and what the agents are doing', async () => {
  const { execute } = await start();

  const { output } = await execute(INPUT);

  expect(output).toMatchObject({
    chat: INPUT.chat,
    user: { data: { userNickname: 'Visitor', channel: 'WEB' } },
    agents: [{ data: { workno: '20011', statusLabel: 'idle' } }],
  });
});

describe('the user', () => {
  test('of a chat that the vendor does not know is left out, and the chat goes on', async () => {
    const { users, execute } = await start();

    const { output, entered } = await execute({ ...INPUT, chat: { ...INPUT.chat, callId: 'another' } });

    expect(output).toMatchObject({ user: { data: null }, agents: [{ data: { workno: '20011' } }] });
    expect(entered).toContain('UserUnknown');
    expect(asked(users, USER_INFO)).toHaveLength(1);
  });

  test('is looked up again after a fault of the vendor that a function’s own attempts did not outlast', async () => {
    const { users, execute } = await start();
    users.vendor.fail({ path: USER_INFO, status: 503, times: ATTEMPTS_INSIDE });

    const { output } = await execute(INPUT);

    expect(output).toMatchObject({ user: { data: { userNickname: 'Visitor' } } });
    expect(users.outcomes).toMatchObject([
      { outcome: 'failed', problem: 'vendor-unavailable', attempts: ATTEMPTS_INSIDE },
      { outcome: 'succeeded', attempts: 1 },
    ]);
  });

  const silent = around(userInfo.simulation, ({ path }, answer, clock) => {
    if (!path.includes(USER_INFO)) return answer();
    clock.advance(14_700);
    return silence();
  });
  const times = 99;
  const outages: [string, (world: World) => void, typeof silent?][] = [
    ['vendor-rate-limited', ({ vendor }) => vendor.fail({ path: USER_INFO, status: 429, times })],
    ['vendor-unavailable', ({ vendor }) => vendor.fail({ path: USER_INFO, status: 503, times })],
    ['vendor-timeout', () => undefined, silent],
    ['secret-unavailable', ({ secretsManager }) => secretsManager.fail({ status: 500, times })],
  ];

  test.each(outages)('is left out with the problem after every try ended in %s', async (code, arrange, simulation) => {
    const { users, execute } = await start(simulation);
    arrange(users);

    const { output, entered } = await execute(INPUT);

    expect(output?.['user']).toEqual({
      data: null,
      problem: expect.objectContaining({
        type: `urn:contact-lookups:problem:${code}`,
        code,
        retryable: true,
        instance: `urn:uuid:${users.outcomes.at(-1)?.requestId}`,
      }),
    });
    expect(entered).toContain('UserNotRead');
    expect(users.outcomes).toHaveLength(1 + tasks.LookUpUser.Retry[1].MaxAttempts);
  });

  const wrong: [string, (world: World) => Json][] = [
    ['invalid-input', () => ({ ...INPUT, chat: {} })],
    [
      'misconfigured',
      (world) => {
        world.putSecret('default', {});
        return INPUT;
      },
    ],
    [
      'unknown-account',
      ({ secretsManager }) => {
        secretsManager.remove('contact-lookups/test/huawei-cec/default');
        return INPUT;
      },
    ],
  ];

  test.each(wrong)('fails the execution with %s, which no other try would mend', async (code, arrange) => {
    const { users, agents, execute } = await start();

    const { error } = await execute(arrange(users));

    expect(error?.name).toBe(code);
    const { errorMessage } = JSON.parse(error?.message ?? '') as { errorMessage: string };
    expect(JSON.parse(errorMessage)).toMatchObject({ code, retryable: false });
    expect(users.outcomes).toHaveLength(1);
    expect(agents.outcomes).toEqual([]);
  });

  test('is looked up again after a fault of Lambda itself', async () => {
    const { users, execute } = await start();
    const faults = tasks.LookUpUser.Retry[0].ErrorEquals;
    let invocations = 0;
    const busy: TaskHandler = (payload) => {
      const name = faults[invocations];
      invocations += 1;
      if (name === undefined) return taskOf(users)(payload);
      throw Object.assign(new Error('Rate Exceeded.'), { name });
    };

    const { output } = await execute(INPUT, { LookUpUser: busy });

    expect(output).toMatchObject({ user: { data: { userNickname: 'Visitor' } } });
    expect(invocations).toBe(faults.length + 1);
  });
});

describe('an agent', () => {
  test('whom the vendor does not know is told so, beside those whom it knows', async () => {
    const { execute } = await start();

    const { output } = await execute({ ...INPUT, worknos: ['20011', '999999'] });

    expect(output?.['agents']).toMatchObject([
      { data: { workno: '20011' } },
      { data: null, workno: '999999', error: 'not-found' },
    ]);
  });

  test('is looked up again, and then left out with the code', async () => {
    const { agents, execute } = await start();
    agents.vendor.fail({ path: AGENT_INFO, status: 503, times: 99 });

    const { output } = await execute(INPUT);

    expect(output).toMatchObject({
      user: { data: { userNickname: 'Visitor' } },
      agents: [{ data: null, workno: '20011', error: 'vendor-unavailable' }],
    });
    expect(agents.outcomes).toHaveLength(1 + tasks.LookUpAgent.Retry[1].MaxAttempts);
  });
});

test('the file is valid, before and after the ARNs are put in', () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:contact-lookups-dev-$1';
  const deployed = readFileSync(PATH, 'utf8').replace(/\$\{(\w+)\}/g, arn);
  // The interpreter has asl-validator look at states, paths and ARNs, and throws.
  expect(() => new StateMachine(definition)).not.toThrow();
  expect(() => new StateMachine(JSON.parse(deployed) as Definition)).not.toThrow();
  expect(() => new StateMachine(JSON.parse(deployed.replace('arn:aws:', 'arn:')) as Definition)).toThrow(/invalid/);
  expect(() => new StateMachine({ ...definition, StartAt: 'Nowhere' })).toThrow(/invalid/);
});

test('what is tried again is what every lookup calls retryable, and no other code', () => {
  const retryable = Object.entries(PROBLEMS).filter(([, problem]) => problem.retryable);
  const codes = retryable.map(([code]) => code).sort();
  expect(tasks.LookUpUser.Retry[1].ErrorEquals.toSorted()).toEqual(codes);
  expect(tasks.LookUpAgent.Retry).toEqual(tasks.LookUpUser.Retry);
});

test('the functions are named as the README tells to fill them in', () => {
  const readme = readFileSync('docs/step-functions/README.md', 'utf8');
  expect(tasks.LookUpUser.Resource).toBe(`\${${userInfo.lookup.name}}`);
  expect(tasks.LookUpAgent.Resource).toBe(`\${${agentInfo.lookup.name}}`);
  for (const { lookup } of [userInfo, agentInfo]) {
    expect(readme).toMatch(new RegExp(`^ +${lookup.name}: !Ref \\w+$`, 'm'));
  }
});
