import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

/* `serverless package` as someone without an AWS account runs it, and what it writes. */

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's shapes, of which each test reads one
  Properties: any;
}

export interface Package {
  dir: string;
  resources: Record<string, Resource>;
}

/** The one function that no caller asks for. */
const KEEPER = 'functions/huawei-agent-gateway/keep-agent-sessions.ts';

/** A lookup's file, as opposed to one that helps a lookup, exports a handler. What the contract derives from its path. */
export const lookups = globSync('functions/*/*.ts')
  .filter((file) => file !== KEEPER && /^export .*\bhandler\b/m.test(readFileSync(file, 'utf8')))
  .sort()
  .map((file) => ({ ...describeFunction(file), route: `POST /v1/${describeFunction(file).path}` }));

export const keeper = describeFunction(KEEPER);

function describeFunction(file: string) {
  const vendor = basename(dirname(file));
  const name = basename(file, '.ts').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { name, vendor, module: file.replace(/\.ts$/, ''), path: `${vendor}/${basename(file, '.ts')}` };
}

/** A copy, since packaging writes into the service's folder, where there may be a package that someone wants to keep. */
export async function copyService(): Promise<string> {
  const service = await mkdtemp(join(tmpdir(), 'contact-lookups-package-'));
  for (const path of ['serverless.yml', 'package.json', 'tsconfig.json', 'aws', 'bundling', 'functions', 'lib']) {
    await cp(path, join(service, path), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(service, 'node_modules'));
  return service;
}

/** @throws Error with what it printed */
export async function packageService(service: string, name: string, ...args: string[]): Promise<Package> {
  const dir = join(service, name);
  const cli = resolve('node_modules/serverless/bin/serverless.js');
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('AWS_')));
  const noAccount = {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const run = promisify(execFile)(process.execPath, [cli, 'package', '--package', dir, ...args], {
    cwd: service,
    env: { ...env, ...noAccount },
    // A run that hangs fails its test all the same.
    timeout: 150_000,
  });
  await run.catch(({ code, signal, stdout, stderr }) => {
    throw new Error(`serverless package ended with ${code ?? signal}:\n${stdout}${stderr}`);
  });
  const template = await readFile(join(dir, 'cloudformation-template-update-stack.json'), 'utf8');
  return { dir, resources: JSON.parse(template).Resources };
}

export function propertiesOf({ resources }: Package, type: string): Resource['Properties'][] {
  return Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);
}

export const functions = (packaged: Package) => propertiesOf(packaged, 'AWS::Lambda::Function');
export const routes = (packaged: Package) => propertiesOf(packaged, 'AWS::ApiGatewayV2::Route');

export function functionOf(packaged: Package, name: string): Resource['Properties'] {
  return functions(packaged).find(({ FunctionName }) => FunctionName.endsWith(`-${name}`));
}

export function variablesOf(packaged: Package, name: string): Record<string, unknown> {
  return functionOf(packaged, name).Environment.Variables;
}

export function roleNames({ resources }: Package): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::IAM::Role');
}

/** What the role of a function allows. */
export function statementsOf(packaged: Package, name: string): Resource['Properties'][] {
  return allStatementsOf(packaged, name).filter(({ Effect }) => Effect === 'Allow');
}

export function denialsOf(packaged: Package, name: string): Resource['Properties'][] {
  return allStatementsOf(packaged, name).filter(({ Effect }) => Effect !== 'Allow');
}

function allStatementsOf({ resources }: Package, name: string): Resource['Properties'][] {
  const role = resources[`${name}Role`]?.Properties;
  return role.Policies.flatMap((policy: Resource['Properties']) => policy.PolicyDocument.Statement);
}

interface ZipEntry {
  readonly name: string;
  /** Seconds and days as DOS counts them, both in one. */
  readonly modified: number;
  /** Of UNIX. */
  readonly mode: number;
  readonly content: Buffer;
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7 and 4.3.12 */
export function readZip(zip: Buffer): ZipEntry[] {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (entries.length < zip.readUInt16LE(end + 10)) {
    const nameLength = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      modified: zip.readUInt32LE(at + 12),
      mode: zip.readUInt16LE(at + 40),
      content: inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(at + 20))),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

export async function filesInZip(path: string): Promise<string[]> {
  return readZip(await readFile(path)).map(({ name }) => name);
}
