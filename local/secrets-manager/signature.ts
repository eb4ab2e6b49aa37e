import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-json.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/secretsmanager\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;

/**
 * Signature Version 4, as https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html has
 * it: signs again what the client says it signed, and compares. How old the signature is does not matter here.
 * @throws AwsError
 */
export function verifySignature({ method, url, headers }: IncomingMessage, body: Buffer, keys: AwsKeys): void {
  const [, accessKeyId, date = '', region = '', signedNames = '', signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  if (!signature) {
    throw new AwsError('IncompleteSignatureException', 'The request signature does not conform to AWS standards.');
  }
  if (accessKeyId !== keys.accessKeyId) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const names = signedNames.split(';');
  const headerLines = names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`);
  // Everything goes to the one address `/` without a query: another one does not match.
  const canonical = [method, url === '/' ? '/' : '', '', ...headerLines, '', signedNames, sha256(body)].join('\n');
  const scope = [date, region, 'secretsmanager', 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  const complete = Object.keys(headers).every((name) => !/^(host|x-amz-.*)$/.test(name) || names.includes(name));
  if (complete && hmac(key, toSign).toString('hex') === signature) return;
  const message = 'The request signature we calculated does not match the signature you provided.';
  throw new AwsError('InvalidSignatureException', message);
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
