import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { createKeepingReport, type Keeping } from '../../../lib/log/keeping.ts';
import { readAccounts } from '../../../lib/vendors/huawei-agent-gateway/keeper/services.ts';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startKeepers } from './keepers.ts';

let writes: MockInstance[];

beforeEach(() => {
  writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const written = () => writes.flatMap((write) => write.mock.calls.map(([chunk]) => String(chunk))).join('');
const lines = () =>
  written()
    .split('\n')
    .filter((line) => line.includes('"keeping"'))
    .map((line) => JSON.parse(line));

const quiet: Keeping = {
  account: 'default',
  requestId: 'run-1',
  outcome: 'kept',
  milliseconds: 62_000,
  agents: 3,
  agentsKept: 3,
  polls: 18,
  renewals: 3,
  signIns: 0,
  lost: 0,
  adopted: 0,
  signedOut: 0,
  storeFailures: 0,
};

describe('the log line of a run', () => {
  test('says how it went, is its metrics, and holds no secret', async () => {
    const k = await startKeepers({ report: createKeepingReport('test') });
    k.world.vendor.setState({ timeRemaining: '3', isForceChange: 'true' });
    k.world.vendor.fail({ path: '/agentevent/20002', body: `{"retcode":"${demoAgents[1]?.password}","message":"x"}` });
    k.startRun();
    await k.turn(90_000);

    const [line, ...more] = lines();
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      level: 'WARN',
      message: 'keeping',
      stage: 'test',
      account: 'default',
      outcome: 'kept',
      agents: 3,
      agentsKept: 3,
      signIns: 3,
      renewals: 3,
      warnings: demoAgents.flatMap(({ agentid }) => [
        { agentid, warning: 'password-expires-soon', passwordDaysLeft: 3 },
        { agentid, warning: 'password-must-change' },
      ]),
      AgentsKept: 3,
      SignIns: 3,
      GuidRenewals: 3,
      SessionsLost: 0,
      CredentialWarnings: 6,
      PasswordDaysLeft: 3,
    });
    const [{ Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    expect(Dimensions).toEqual([expect.arrayContaining(['stage'])]);
    expect(Metrics.map(({ Name }: { Name: string }) => Name).sort()).toEqual(
      ['AgentsKept', 'CredentialWarnings', 'GuidRenewals', 'PasswordDaysLeft', 'SessionsLost', 'SignIns'].sort(),
    );

    const secrets = [
      ...demoAgents.map(({ password }) => password),
      ...k.world.vendor.requests.flatMap(({ headers }) => [headers['guid'], headers['cookie']]),
    ].filter((secret) => secret !== undefined);
    expect(secrets.length).toBeGreaterThan(20);
    for (const secret of secrets) expect(written()).not.toContain(secret);
  });

  test('warns of passwords in every run, also of sessions that another process signed in', async () => {
    const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
    k.world.vendor.setState({ timeRemaining: '3', isForceChange: 'true' });
    k.startSchedule();
    await k.turn(150_000);
    const warnings = [
      { agentid: '20001', warning: 'password-expires-soon', passwordDaysLeft: 3 },
      { agentid: '20001', warning: 'password-must-change' },
    ];

    expect(k.keepings).toMatchObject([
      { signIns: 1, warnings },
      { signIns: 0, warnings },
    ]);
    // It is no news to a lookup that signs nobody in.
    const process = k.world.coldStart();
    await process.call({ workno: 20011 });
    expect(process.outcomes[0]).not.toHaveProperty('warnings');
  });

  test('is quiet where all is well', () => {
    createKeepingReport('test')(quiet);

    expect(lines()).toMatchObject([{ level: 'INFO', AgentsKept: 3, CredentialWarnings: 0 }]);
    expect(lines()[0]).not.toHaveProperty('PasswordDaysLeft');
  });

  test('counts no agents for a run that had none to keep, which is no loss', () => {
    const report = createKeepingReport('test');
    report({ ...quiet, outcome: 'waited', agents: 0, agentsKept: 0 });
    report({ ...quiet, outcome: 'nothing-to-keep', agents: 0, agentsKept: 0 });

    for (const line of lines()) expect(line).not.toHaveProperty('AgentsKept');
  });

  test('has no metric of an account that has nothing to keep: CloudWatch charges for a 0 as well', () => {
    createKeepingReport('test')({
      ...{ ...quiet, outcome: 'nothing-to-keep', agents: 0, agentsKept: 0 },
      ...{ polls: 0, signIns: 0, renewals: 0 },
    });

    expect(lines()).toMatchObject([{ level: 'INFO', outcome: 'nothing-to-keep' }]);
    expect(lines()[0]._aws?.CloudWatchMetrics.flatMap(({ Metrics }: { Metrics: [] }) => Metrics) ?? []).toEqual([]);
  });

  test('counts none for a run that failed, which is one', () => {
    createKeepingReport('test')({ ...quiet, outcome: 'failed', problem: 'secret-unavailable', agentsKept: 0 });

    expect(lines()).toMatchObject([{ level: 'ERROR', AgentsKept: 0, problem: 'secret-unavailable' }]);
  });
});

describe('KEPT_ACCOUNTS', () => {
  test('names accounts, separated by commas, each once', () => {
    expect(readAccounts('default, desk-2,default')).toEqual(['default', 'desk-2']);
  });

  test.each(['', 'default,', 'Default', '../other'])('cannot be %j', (text) => {
    expect(() => readAccounts(text)).toThrow('KEPT_ACCOUNTS');
  });
});
