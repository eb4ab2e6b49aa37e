import { parseJson } from '../json/int64.ts';
import { ACCOUNT_NAME } from '../pipeline/check-account.ts';

/** Stands for every account. No account can have it as its name. */
const EVERY = '*';
const CLAIM = 'vendor_accounts';

// The forms of ARNs: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html; the characters of
// names: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, of sessions'
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. A path may have more than these in IAM; here
// it may not, so that `*` and `?`, which IAM's policies read as wildcards, are refused.
const NAME = '[\\w+=,.@-]+';
const PATH = `(?:${NAME}/)*`;
const PARTITION = 'aws(?:-[a-z]+)*';
const ROLE = new RegExp(`^arn:(${PARTITION}):iam::(\\d{12}):role/${PATH}(${NAME})$`);
const ROLE_SESSION = new RegExp(`^(arn:${PARTITION}:sts::\\d{12}:assumed-role/${NAME})/${NAME}$`);
const FEDERATED_SESSION = new RegExp(`^arn:${PARTITION}:sts::\\d{12}:federated-user/${NAME}$`);
const USER = new RegExp(`^arn:${PARTITION}:iam::\\d{12}:user/${PATH}${NAME}$`);

/** Who makes a request over HTTP, as whoever authorized it says; nothing where nobody did. */
export interface Caller {
  /** Of a JWT that was checked. */
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined;
  /** Of the user or session that signed the request. */
  readonly userArn?: unknown;
}

/** Which vendor accounts a caller may use. */
export type AccountAccess = (caller: Caller) => Rights;

export interface Rights {
  (account: string): boolean;
  /** True where the caller may use no account at all. */
  readonly areNone: boolean;
}

/** Names of accounts, or `*` among them for every account. */
type Accounts = readonly string[];

/**
 * The stage's setting, `ACCOUNT_ACCESS`: `*` lets every caller use every account; `jwt` leaves it to the claim
 * `vendor_accounts`; a JSON object says which accounts each IAM principal may use (`readPrincipals`). A caller who is not
 * named has no account. There is no default: a function that lost its setting must not be open.
 * @throws Error for anything else
 */
export function readAccountAccess(setting: string | undefined): AccountAccess {
  if (!setting) {
    throw new Error(
      'ACCOUNT_ACCESS is not set. Set it to * (every caller may use every account), to jwt, or to a JSON object of ARNs.',
    );
  }
  if (setting === EVERY) return () => among([EVERY]);
  if (setting === 'jwt') return ({ claims }) => among(claimedAccounts(claims?.[CLAIM]));
  const principals = readPrincipals(setting, 'ACCOUNT_ACCESS');
  return ({ userArn }) => among(accountsOf(userArn, principals));
}

/**
 * A JSON object of ARNs, each with `"*"` or a list of accounts' names: `arn:aws:iam::123456789012:role/path/Desk` is
 * every session of that role, `arn:aws:sts::123456789012:assumed-role/Desk/ann` one of them,
 * `arn:aws:iam::123456789012:user/path/ann` a user. There are no wildcards.
 * @param name of the setting, for the error
 * @throws Error
 */
export function readPrincipals(text: string, name: string): ReadonlyMap<string, Accounts> {
  const principals = new Map<string, Accounts>();
  for (const [arn, accounts] of Object.entries(parseObject(text, name))) {
    const principal = principalOf(arn);
    if (principal === undefined) {
      throw new Error(`${name}: "${arn}" is not the ARN of a role, a user or a session (there are no wildcards)`);
    }
    // Never two roles: a name is unique in its AWS account, whatever the path (API_CreateRole, RoleName).
    if (principals.has(principal)) throw new Error(`${name}: "${arn}" is the same role as another entry`);
    if (accounts !== EVERY && !isListOfNames(accounts)) {
      throw new Error(`${name}: "${arn}" needs "*" or a list of accounts' names, which match ${ACCOUNT_NAME.source}`);
    }
    principals.set(principal, accounts === EVERY ? [EVERY] : accounts);
  }
  return principals;
}

function parseObject(text: string, name: string): object {
  try {
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, as what is JSON and no object.
  }
  throw new Error(`${name} must be a JSON object, of ARNs and the accounts that each may use`);
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isName);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && ACCOUNT_NAME.test(value);
}

/**
 * The ARN as callers have it; a role's is the beginning of its sessions' ARNs. In these STS leaves out the role's path:
 * https://github.com/hashicorp/terraform-provider-aws/issues/19957.
 */
function principalOf(arn: string): string | undefined {
  const [, partition, awsAccount, role] = ROLE.exec(arn) ?? [];
  if (role !== undefined) return `arn:${partition}:sts::${awsAccount}:assumed-role/${role}`;
  return [USER, ROLE_SESSION, FEDERATED_SESSION].some((form) => form.test(arn)) ? arn : undefined;
}

/**
 * `userArn` is the ARN of the user or session that signed the request:
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html lists it, for the same event.
 */
function accountsOf(userArn: unknown, principals: ReadonlyMap<string, Accounts>): Accounts {
  if (typeof userArn !== 'string') return [];
  const role = ROLE_SESSION.exec(userArn)?.[1] ?? '';
  return [...(principals.get(userArn) ?? []), ...(principals.get(role) ?? [])];
}

/**
 * HTTP APIs give a Lambda function every claim as a string, and a list as `[a b]`, without quotes or commas. AWS's page
 * shows strings only (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html);
 * https://github.com/aws-solutions-library-samples/guidance-for-claude-code-with-amazon-bedrock/issues/802 has a list as
 * it comes. Real lists are taken as well, and one name or several with commas or spaces, for issuers that send no lists.
 *
 * `*` counts only where it stands alone: in `[default *]` it may be the end of a single entry, which is no name.
 */
function claimedAccounts(claim: unknown): Accounts {
  const entries = claimEntries(claim);
  return entries.length === 1 && entries[0] === EVERY ? [EVERY] : entries.filter(isName);
}

function claimEntries(claim: unknown): readonly unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  const names = /^\[(.*)\]$/s.exec(claim)?.[1] ?? claim;
  // A list in a list, or an object: what are names in it cannot be told any more.
  if (/[[\]]/.test(names)) return [];
  return names.split(/[\s,]+/).filter((name) => name !== '');
}

function among(accounts: Accounts): Rights {
  const mayUse = (account: string) => accounts.includes(EVERY) || accounts.includes(account);
  return Object.assign(mayUse, { areNone: accounts.length === 0 });
}
