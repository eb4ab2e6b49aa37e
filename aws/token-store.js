import { ParameterRefused } from './refusal.js';

// The table through which all instances share tokens and sessions. Every stage has it, unless its param tokenStore is none:
// then there is no table, no variable and no permission for it.

const TABLE = 'TokenStoreTable';

/** @throws ParameterRefused where the param is neither of its values */
export async function hasTokenStore({ resolveVariable }) {
  const tokenStore = await resolveVariable('param:tokenStore');
  // A misspelt one would silently be none.
  if (!['none', 'dynamodb'].includes(tokenStore)) {
    throw new ParameterRefused(`tokenStore is none or dynamodb, not "${tokenStore}"`);
  }
  return tokenStore === 'dynamodb';
}

/**
 * For the `environment` of a function whose vendor gives tokens or sessions. aws/roles.js lets a function use the table if
 * its environment names it.
 */
export async function environment({ resolveVariable }) {
  if (!(await hasTokenStore({ resolveVariable }))) return {};
  const timeoutMs = String(await resolveVariable('param:tokenStoreTimeoutMs'));
  // lib/credentials/shared/dynamodb.ts would silently take its own for another.
  if (!/^([1-9]\d{0,5})?$/.test(timeoutMs)) {
    throw new ParameterRefused(`tokenStoreTimeoutMs is a number of milliseconds from 1 to 999999, not "${timeoutMs}"`);
  }
  return { TOKEN_STORE_TABLE: { Ref: TABLE }, ...(timeoutMs && { TOKEN_STORE_TIMEOUT_MS: timeoutMs }) };
}

/** For resources.Resources. */
export async function table({ resolveVariable }) {
  if (!(await hasTokenStore({ resolveVariable }))) return {};
  const kmsKeyArn = await resolveVariable('param:tokenStoreKmsKeyArn');
  return {
    [TABLE]: {
      Type: 'AWS::DynamoDB::Table',
      // It is a cache: without it, tokens and sessions are had again. So it goes with the stack, and there is no backup.
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        // Otherwise DynamoDB encrypts under a key that AWS owns, which costs nothing and needs no permission:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
        ...(kmsKeyArn && { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKeyArn } }),
      },
    },
  };
}

/**
 * What a function's role needs for its vendor's items in the table, and no other's: their partition keys begin with the
 * vendor's name (ItemKey in lib/credentials/shared/store.ts).
 */
export function tokenStoreStatements({ vendor, kmsKeyArn }) {
  const statements = [
    {
      Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      Resource: { 'Fn::GetAtt': [TABLE, 'Arn'] },
      Condition: {
        // The key is plural, and wants ForAllValues, for requests of one item too:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${vendor}#*`] },
        // ForAllValues alone is true where a request has no such key: https://docs.aws.amazon.com/IAM/latest/UserGuide/
        // reference_policies_condition_examples-multi-valued-context-keys.html
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    },
  ];
  if (kmsKeyArn) {
    statements.push({
      // DynamoDB uses the key in the name of whoever asks it. These are the least that it documents (as above, usage
      // notes), without kms:CreateGrant, which who creates the table needs.
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      Resource: kmsKeyArn,
      Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': `dynamodb.\${AWS::Region}.amazonaws.com` } } },
    });
  }
  return statements;
}
