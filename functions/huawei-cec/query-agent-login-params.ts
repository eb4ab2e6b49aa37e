import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject, scalarText } from '../../lib/http/body.ts';
import { redact } from '../../lib/log/redact.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { failed, found, unreadable } from '../../lib/pipeline/verdict.ts';
import { Problem } from '../../lib/problem.ts';
import { labelled } from '../../lib/schema/labels.ts';
import { rows } from '../../lib/schema/rows.ts';
import { text } from '../../lib/schema/wire.ts';
import { huaweiCec } from '../../lib/vendors/huawei-cec.ts';

const SIP_SERVICE_TYPES = { 0: 'SIP', 1: 'WebRTC' };

const sipServer = labelled(
  {
    sipServiceIp: z.nullish(text()),
    sipServicePort: z.nullish(text()),
    node: z.nullish(text()),
    type: z.nullish(text()),
  },
  { type: SIP_SERVICE_TYPES },
);

/**
 * Checks an agent's account and gives its sign-in parameters, passwords among them.
 * https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_1011.html
 */
export const queryAgentLoginParams = defineLookup({
  name: 'queryAgentLoginParams',
  vendor: huaweiCec,
  // A sibling interface locks an account after three failed checks: a password is not checked twice by ourselves.
  repeatable: false,
  input: z.strictObject({
    account: z.string().check(z.minLength(1), z.maxLength(100)),
    password: z.string().check(z.minLength(1), z.maxLength(100)),
  }),
  sensitiveInput: ({ account, password }) => [account, password],
  output: z.object({
    // String (5) by the table; work numbers have six digits by now, so no length is enforced.
    workNo: z.nullish(text()),
    password: z.nullish(text()),
    sipAccount: z.nullish(text()),
    sipPwd: z.nullish(text()),
    sipServerInfo: z.nullish(rows(sipServer)),
  }),
  withoutSecrets: (data) => {
    const { password: _password, sipPwd: _sipPwd, ...rest } = data as Record<string, unknown>;
    return rest;
  },
  question: (input) => ({
    method: 'POST',
    path: '/apiaccess/CC-Management/v1/queryAgentLoginParams',
    body: JSON.stringify(input),
  }),
  read: (body, answer) => {
    if (!isJsonObject(body)) return unreadable(answer, { name: huaweiCec.name });
    const code = scalarText(body['returnCode']);
    const message = redact(scalarText(body['message']) ?? '', passwordsIn(body['results']));
    const vendor = { name: huaweiCec.name, ...(code && { code }), ...(message && { message }) };
    if (code !== undefined && code !== '0') {
      return failed(new Problem('vendor-rejected', 'The vendor refused the account or its password.', { vendor }));
    }
    return isJsonObject(body['results']) ? found(body['results']) : unreadable(answer, vendor);
  },
});

/** A refusal may come with results, and its message may repeat them. */
function passwordsIn(results: unknown): string[] {
  if (!isJsonObject(results)) return [];
  return [scalarText(results['password']), scalarText(results['sipPwd'])].filter((text) => text !== undefined);
}

export const handler = createHandler(queryAgentLoginParams);
