import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const DEFAULTS: Record<string, unknown> = parse(readFileSync('serverless.yml', 'utf8')).params.default;

/** What aws/parameters.js says of a stage with these parameters on the command line and in serverless.yml. */
async function check(ofCommand: Record<string, string>, ofStage: Record<string, unknown> = {}): Promise<string[]> {
  const { checked } = await import(pathToFileURL(resolve('aws/parameters.js')).href);
  const values: Record<string, unknown> = { ...DEFAULTS, ...ofStage, ...ofCommand };
  return checked({
    options: { param: Object.entries(ofCommand).map(([name, value]) => `${name}=${value}`) },
    resolveConfigurationProperty: async () => ({ default: DEFAULTS, prod: ofStage }),
    resolveVariable: async (address: string) => values[address.replace('param:', '')],
  });
}

describe('a deploy parameter', () => {
  test('passes with every default of serverless.yml', async () => {
    expect(await check({})).toEqual(Object.keys(DEFAULTS));
  });

  test.each([
    ['acountAccess', 'accountAccess'],
    ['queue', 'queues'],
    ['tokenstore', 'tokenStore'],
    ['reservedConcurency', 'reservedConcurrency'],
  ])('with the unknown name %s is refused, with the nearest known name %s', async (name, nearest) => {
    await expect(check({ [name]: '1' })).rejects.toThrow(
      `--param: there is no parameter "${name}"; the nearest is "${nearest}"`,
    );
    await expect(check({}, { [name]: 1 })).rejects.toThrow(
      `params.prod in serverless.yml: there is no parameter "${name}"; the nearest is "${nearest}"`,
    );
  });

  test.each([
    ['jwtIssuer', 'http://issuer.example.com'],
    ['jwtAudience', 'agents, desk'],
    ['secretsKmsKeyArn', '*'],
    ['secretsKmsKeyArn', 'arn:aws:kms:eu-west-1:123456789012:key/*'],
    ['secretsKmsKeyArn', 'arn:aws:kms:eu-west-1:123456789012:alias/ours'],
    ['tokenStoreKmsKeyArn', '*'],
    ['vpcSubnetIds', '*'],
    ['httpsProxy', 'proxy.example.com:3128'],
    ['httpsProxy', 'socks5://proxy.example.com'],
    ['httpsProxy', 'http://proxy.example.com/path'],
    ['noProxy', '.amazonaws.com, localhost'],
    ['vpcSubnetIds', 'subnet-1, subnet-2'],
    ['vpcSecurityGroupIds', 'default'],
    ['throttlingRate', '0'],
    ['throttlingBurst', 'many'],
    ['volcengineQps', '101'],
    ['secretMaxAgeMinutes', '1441'],
    ['logRetentionDays', '31'],
    ['reservedConcurrency', '-1'],
  ])('%s is refused with the value %s', async (name, value) => {
    const refusal: unknown = await check({ [name]: value }).catch((error: unknown) => error);
    const message = expect.stringMatching(
      new RegExp(`^${name} is .*, not ${JSON.stringify(value).replaceAll('*', '\\*')}$`),
    );
    expect(refusal).toMatchObject({ message, stack: message });
  });
});

test('a refused address of a proxy is shown without its user and password', async () => {
  await expect(check({ httpsProxy: 'ftp://user:canary@proxy.example.com' })).rejects.toThrow(
    'httpsProxy is the http: or https: URL of a proxy, not "ftp://…@proxy.example.com"',
  );
});

test('`npm run package` refuses a parameter in one sentence, without a stack', async () => {
  const args = ['scripts/serverless.ts', 'package', '--param=queues=findOnlineAgents'];
  const { code, stdout, stderr } = await promisify(execFile)(process.execPath, args).catch((error) => error);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  const sentences = (stderr as string).split('\n').filter((line) => line !== '' && !/^(Environment|Docs):/.test(line));
  expect(sentences).toEqual([expect.stringMatching(/^queues: there is no lookup "findOnlineAgents", only \w+/)]);
});
