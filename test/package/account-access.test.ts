import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createEvent } from '../support/world.ts';
import { readZip } from './service.ts';

interface Authorization {
  accountAccess(tools: { resolveVariable(address: string): Promise<unknown> }): Promise<string>;
}

const { accountAccess }: Authorization = await import(pathToFileURL(resolve('aws/authorization.js')).href);

const DESK = 'arn:aws:iam::123456789012:role/team/Desk';
const BOB = 'arn:aws:iam::123456789012:user/bob';
const JWT = { jwtIssuer: 'https://issuer.example.com/', jwtAudience: 'desk' };

/** What functions get as ACCOUNT_ACCESS in a stage with these params; those not given are as serverless.yml has them. */
function packaged(params: Readonly<Record<string, unknown>>): Promise<string> {
  const all: Readonly<Record<string, unknown>> = { jwtIssuer: '', jwtAudience: '', accountAccess: '', ...params };
  return accountAccess({ resolveVariable: async (address) => all[address.replace('param:', '')] });
}

test('a stage lets every caller use every account by default, and leaves it to the claim with a JWT', async () => {
  expect(await packaged({})).toBe('*');
  expect(await packaged(JWT)).toBe('jwt');
});

test.each([
  ['as serverless.yml has it', { [DESK]: ['default', 'emea'], [BOB]: '*' }],
  ['as the command line has it', `{"${DESK}":["default","emea"],"${BOB}":"*"}`],
])('the accounts of each principal go to the functions, %s', async (_how, value) => {
  expect(await packaged({ accountAccess: value })).toBe(`{"${DESK}":["default","emea"],"${BOB}":"*"}`);
});

test('an empty object is a setting, by which nobody has an account', async () => {
  expect(await packaged({ accountAccess: {} })).toBe('{}');
});

test.each([
  ['with a JWT', { ...JWT, accountAccess: { [BOB]: '*' } }, /for IAM/],
  ['of nobody, with a JWT', { ...JWT, accountAccess: {} }, /for IAM/],
  ['that is null', { accountAccess: null }, /must be a JSON object/],
  ['that is a word', { accountAccess: 'jwt' }, /must be a JSON object/],
  ['that is a star', { accountAccess: '*' }, /must be a JSON object/],
  ['that is a list', { accountAccess: [BOB] }, /must be a JSON object/],
  ['of a principal without ARN', { accountAccess: { bob: '*' } }, /"bob" is not the ARN/],
  ['of an AWS account', { accountAccess: { 'arn:aws:iam::123456789012:root': '*' } }, /:root" is not the ARN/],
  ['of an account that cannot be', { accountAccess: { [BOB]: ['Default'] } }, /user\/bob" needs/],
  ['of an account outside of a list', { accountAccess: { [BOB]: 'default' } }, /user\/bob" needs/],
  ['of one role twice', { accountAccess: { [DESK]: '*', 'arn:aws:iam::123456789012:role/Desk': '*' } }, /same role/],
])('a setting %s is refused at packaging, by the name of the parameter', async (_what, params, reason) => {
  const message = await packaged(params).catch((error: Error) => error.message);
  expect(message).toMatch(/^accountAccess/);
  expect(message).toMatch(reason);
});

test('a setting is refused that would fill the environment of a function', async () => {
  const users = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${BOB}-${1_000 + index}`, ['default']]));
  expect(JSON.parse(await packaged({ accountAccess: users(50) }))).toEqual(users(50));
  await expect(packaged({ accountAccess: users(65) })).rejects.toThrow('accountAccess is longer than 3072 bytes');
});

test('what is packaged is what a function reads', async () => {
  const service = await mkdtemp(join(tmpdir(), 'contact-lookups-access-'));
  onTestFinished(() => rm(service, { recursive: true, force: true }));
  for (const path of ['serverless.yml', 'package.json', 'tsconfig.json', 'aws', 'bundling', 'functions', 'lib']) {
    await cp(path, join(service, path), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(service, 'node_modules'));

  const param = `--param=accountAccess={"${DESK}":["emea"]}`;
  const { Environment } = await packagedFunction(service, param);
  expect(Environment.Variables.ACCOUNT_ACCESS).toBe(`{"${DESK}":["emea"]}`);

  const [file] = readZip(await readFile(join(service, '.serverless/getUserInfoByCallId.zip')));
  const bundle = join(service, 'get-user-info-by-call-id.cjs');
  await writeFile(bundle, file?.content ?? '');
  const script = `
    const context = { awsRequestId: 'one', getRemainingTimeInMillis: () => 10_000 };
    require(process.argv[1]).handler(JSON.parse(process.argv[2]), context);`;
  /** Of the log line. */
  const problemOf = async (account: string): Promise<string> => {
    const userArn = 'arn:aws:sts::123456789012:assumed-role/Desk/ann';
    const event = createEvent('{}', { account });
    const signed = { ...event, requestContext: { ...event.requestContext, authorizer: { iam: { userArn } } } };
    const args = ['-e', script, bundle, JSON.stringify(signed)];
    const { stderr } = await promisify(execFile)(process.execPath, args, { env: Environment.Variables });
    return JSON.parse(stderr).problem;
  };
  // That the input lacks a field is found after the caller's right.
  expect([await problemOf('emea'), await problemOf('default')]).toEqual(['invalid-input', 'forbidden-account']);
});

/** The function getUserInfoByCallId in the template that `serverless package` writes, without an AWS account. */
async function packagedFunction(service: string, param: string) {
  const cli = resolve('node_modules/serverless/bin/serverless.js');
  const inherited = Object.entries(process.env).filter(([variable]) => !variable.startsWith('AWS_'));
  const noAccount = {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  await promisify(execFile)(process.execPath, [cli, 'package', param], {
    cwd: service,
    env: { ...Object.fromEntries(inherited), ...noAccount },
  });
  const template = await readFile(join(service, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  return JSON.parse(template).Resources.GetUserInfoByCallIdLambdaFunction.Properties;
}
