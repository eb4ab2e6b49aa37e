import { closestMatch } from 'leven';
import { ParameterRefused } from './refusal.js';

// The names and the forms of a stage's parameters. Serverless takes any name and any text: a misspelt name would deploy
// the default in silence (`acountAccess` an API that every caller may use, `queue` a stack without its queue), a `*` for
// a key's ARN a permission on every key.

/** Parameters without a default under params.default in serverless.yml. */
const WITHOUT_DEFAULT = ['reservedConcurrency'];

const KMS_KEY = [/^(arn:aws[\w-]*:kms:[a-z\d-]+:\d{12}:key\/[\w-]+)?$/, 'the ARN of a KMS key'];
const COUNT = [/^[1-9]\d{0,8}$/, 'a whole number from 1 on'];

/** The form of each parameter that goes into the template as it stands. The others are checked where they are read. */
const FORMS = {
  jwtIssuer: [/^(https:\/\/[^\s,]+)?$/, 'the https: URL of an issuer'],
  jwtAudience: [/^([^\s,]+(,[^\s,]+)*)?$/, 'one audience, or several separated by commas without spaces'],
  secretsKmsKeyArn: KMS_KEY,
  tokenStoreKmsKeyArn: KMS_KEY,
  vpcSubnetIds: [/^(subnet-[\da-z]+(,subnet-[\da-z]+)*)?$/, 'ids of subnets, separated by commas without spaces'],
  vpcSecurityGroupIds: [
    /^(sg-[\da-z]+(,sg-[\da-z]+)*)?$/,
    'ids of security groups, separated by commas without spaces',
  ],
  httpsProxy: [/^(https?:\/\/[^\s/]+\/?)?$/, 'the http: or https: URL of a proxy'],
  noProxy: [/^\S*$/, 'names of hosts, separated by commas without spaces'],
  throttlingRate: COUNT,
  throttlingBurst: COUNT,
  volcengineQps: [
    /^([1-9]\d?|100)$/,
    'a whole number from 1 to 100, the requests a second that Volcengine allows an account',
  ],
  secretMaxAgeMinutes: [/^([1-9]\d{0,2}|1[0-3]\d\d|14[0-3]\d|1440)$/, 'a whole number from 1 to 1440'],
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  logRetentionDays: [
    /^(1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653)$/,
    'a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365',
  ],
  reservedConcurrency: [/^\d{1,9}$/, 'a whole number of instances'],
};

/**
 * For custom.parameters: the names that this deployment sets.
 * @throws ParameterRefused for a name that no parameter has, and for a value of the wrong form
 */
export async function checked({ options, resolveConfigurationProperty, resolveVariable }) {
  const params = (await resolveConfigurationProperty(['params'])) ?? {};
  const names = [...Object.keys(params.default ?? {}), ...WITHOUT_DEFAULT];
  const set = [
    ...Object.entries(params).flatMap(([stage, values]) =>
      Object.keys(values ?? {}).map((name) => ({ name, where: `params.${stage} in serverless.yml` })),
    ),
    ...[options.param ?? []].flat().map((text) => ({ name: String(text).split('=')[0], where: '--param' })),
  ];
  for (const { name, where } of set) checkName(name, where, names);
  for (const [name, [form, what]] of Object.entries(FORMS)) {
    const isSet = !WITHOUT_DEFAULT.includes(name) || set.some((one) => one.name === name);
    const value = isSet ? String(await resolveVariable(`param:${name}`)) : undefined;
    if (value !== undefined && !form.test(value))
      throw new ParameterRefused(`${name} is ${what}, not "${withoutUser(value)}"`);
  }
  return [...new Set(set.map(({ name }) => name))];
}

/** A proxy's address may have a user and a password in it. */
function withoutUser(value) {
  return value.replace(/[^/]*@/, '…@');
}

function checkName(name, where, names) {
  if (names.includes(name)) return;
  throw new ParameterRefused(
    `${where}: there is no parameter "${name}"; the nearest is "${closestMatch(name, names)}"`,
  );
}
