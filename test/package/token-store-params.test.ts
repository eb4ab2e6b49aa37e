import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

interface Stage {
  resolveVariable(address: string): Promise<unknown>;
  readonly options?: object;
  resolveConfigurationProperty?(path: readonly string[]): Promise<unknown>;
}

test.each(['0', '-1', '1.5', '80ms', '1000000'])('a time-out of %j is refused by its name', async (timeoutMs) => {
  const { environment } = await load('token-store');
  await expect(environment?.(stageWith({ tokenStoreTimeoutMs: timeoutMs }))).rejects.toThrow(/^tokenStoreTimeoutMs/);
});

test.each(['Default', 'default, emea', '../other'])(
  'accounts to keep %j are refused by their name',
  async (accounts) => {
    const { keepAgentSessions } = await load('keep-agent-sessions');
    await expect(keepAgentSessions?.(stageWith({ keptAccounts: accounts }))).rejects.toThrow(/^keptAccounts/);
  },
);

test('no accounts to keep leave the store without the function and its schedule', async () => {
  const { keepAgentSessions, schedule } = await load('keep-agent-sessions');
  const { table } = await load('token-store');
  const stage = stageWith({ keptAccounts: '' });
  expect(await keepAgentSessions?.(stage)).toBeNull();
  expect(await schedule?.(stage)).toEqual({});
  expect(await table?.(stage)).toHaveProperty('TokenStoreTable');
});

test.each([
  ['on the command line', { options: { param: ['tokenStore=none', 'keptAccounts=default'] }, ofStage: {} }],
  ['in the stage', { options: {}, ofStage: { tokenStore: 'none', keptAccounts: 'emea' } }],
])('accounts to keep that are named %s are refused where tokenStore is none', async (_where, { options, ofStage }) => {
  const { keepAgentSessions, schedule } = await load('keep-agent-sessions');
  const stage = { ...stageWith({ tokenStore: 'none' }), options, resolveConfigurationProperty: async () => ofStage };
  await expect(keepAgentSessions?.(stage)).rejects.toThrow(/^keptAccounts needs tokenStore dynamodb: /);
  await expect(schedule?.(stage)).rejects.toThrow(/^keptAccounts needs tokenStore dynamodb: /);
});

test('a stage that names no accounts to keep may have tokenStore none', async () => {
  const { keepAgentSessions, schedule } = await load('keep-agent-sessions');
  const options = { param: ['tokenStore=none', 'keptAccounts='] };
  const stage = { ...stageWith({ tokenStore: 'none' }), options, resolveConfigurationProperty: async () => undefined };
  expect(await keepAgentSessions?.(stage)).toBeNull();
  expect(await schedule?.(stage)).toEqual({});
});

function load(file: string): Promise<Record<string, (stage: Stage) => Promise<unknown>>> {
  return import(pathToFileURL(resolve(`aws/${file}.js`)).href);
}

/** A stage with a store; what is not given is as serverless.yml has it. */
function stageWith(params: Readonly<Record<string, string>>): Stage {
  const all: Readonly<Record<string, string>> = {
    tokenStore: 'dynamodb',
    tokenStoreKmsKeyArn: '',
    tokenStoreTimeoutMs: '',
    keptAccounts: 'default',
    ...params,
  };
  return { resolveVariable: async (address) => all[address.replace('param:', '')] };
}
