import { describe, expect, test } from 'vitest';
import { passwordWarnings } from '../../../../lib/vendors/huawei-agent-gateway/password.ts';
import { startGateway } from './gateway.ts';

const SOON = 'password-expires-soon';
const CHANGE = 'password-must-change';
const DAY_MS = 24 * 60 * 60_000;

describe('what the sign-in says of the password', () => {
  test.each([
    ['6', 6],
    ['1', 1],
    ['0', 0],
  ])('warns of one that expires in %s days', async (timeRemaining, daysLeft) => {
    const g = await startGateway();
    g.simulator.setState({ timeRemaining });

    const session = await g.signIn();

    expect(session.warnings).toEqual([SOON]);
    expect(passwordWarnings(session, g.clock.now())).toEqual([{ warning: SOON, passwordDaysLeft: daysLeft }]);
  });

  test('lets the warning begin, and the days pass, while the session lasts', async () => {
    const g = await startGateway();
    g.simulator.setState({ timeRemaining: '9' });
    const session = await g.signIn();
    const daysLeftAfter = (days: number) =>
      passwordWarnings(session, session.obtainedAt.wall + days * DAY_MS)[0]?.passwordDaysLeft;

    expect([0, 2.9, 3, 3.5, 8.99, 9, 12].map(daysLeftAfter)).toEqual([undefined, undefined, 6, 6, 1, 0, 0]);
  });

  test.each(['7', '9', '90', '180', ''])('warns of nothing where it expires in "%s" days', async (timeRemaining) => {
    const g = await startGateway();
    g.simulator.setState({ timeRemaining });

    const session = await g.signIn();

    expect(session).not.toHaveProperty('warnings');
    expect(passwordWarnings(session, g.clock.now())).toEqual([]);
  });

  test('warns of one that has to be changed first, alone or beside its end', async () => {
    const g = await startGateway();
    g.simulator.setState({ isForceChange: 'true' });

    const session = await g.signIn();
    expect(session.warnings).toEqual([CHANGE]);

    g.simulator.setState({ timeRemaining: '2' });
    expect((await g.signIn('force')).warnings).toEqual([SOON, CHANGE, 'agent-forced-out']);
  });

  test.each([
    ['numbers and booleans', { timeRemaining: 3, isForceChange: true }, [SOON, CHANGE]],
    ['a number of days that is far', { timeRemaining: 30, isForceChange: false }, undefined],
  ])('is read from %s too', async (_what, result, expected) => {
    const { warnings } = await signInWith(JSON.stringify({ retcode: '0', result }));

    expect(warnings).toEqual(expected);
  });

  test.each([
    '{"retcode":"0"}',
    '{"retcode":"0","result":null}',
    '{"retcode":"0","result":["1"]}',
    '{"retcode":"0","result":{"timeRemaining":null,"isForceChange":null}}',
    '{"retcode":"0","result":{"timeRemaining":"-1","isForceChange":"no"}}',
    '{"retcode":"0","result":{"timeRemaining":"0.5","isForceChange":1}}',
    '{"retcode":"0","result":{"timeRemaining":{},"isForceChange":{}}}',
  ])('is nothing in %s, and the agent is signed in all the same', async (body) => {
    const session = await signInWith(body);

    expect(session.guid).toBe('abc.AgentGateway1');
    expect(session).not.toHaveProperty('warnings');
  });

  test('is nothing in the older form of the answer', async () => {
    const g = await startGateway();
    g.simulator.fail({ vendorCase: 'msg' });

    expect(await g.signIn()).not.toHaveProperty('warnings');
  });
});

async function signInWith(body: string) {
  const g = await startGateway();
  g.simulator.fail({ headers: { 'Set-GUID': 'JSESSIONID=abc.AgentGateway1' }, body });
  return g.signIn();
}
