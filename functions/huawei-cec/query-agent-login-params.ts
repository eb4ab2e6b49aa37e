import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { failed, found, unreadable } from '../../lib/pipeline/verdict.ts';
import { Problem } from '../../lib/problem.ts';
import { labelled } from '../../lib/schema/labels.ts';
import { rows } from '../../lib/schema/rows.ts';
import { text } from '../../lib/schema/wire.ts';
import { readWords } from '../../lib/vendors/huawei-cec/envelope.ts';
import { huaweiCec } from '../../lib/vendors/huawei-cec.ts';

const SIP_SERVICE_TYPES = { 0: 'SIP', 1: 'WebRTC' };

const sipServer = z.pipe(
  labelled(
    {
      sipServiceIp: z.nullish(text()),
      sipServicePort: z.nullish(text()),
      node: z.nullish(text()),
      type: z.nullish(text()),
    },
    { type: SIP_SERVICE_TYPES },
  ),
  // "The default type is SIP" (cec_07_1011).
  z.transform((server) => (server['type'] ? server : { ...server, typeLabel: SIP_SERVICE_TYPES[0] })),
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
    const { isFailure, ...words } = readWords(body);
    const vendor = { name: huaweiCec.name, ...words };
    if (isFailure) {
      return failed(new Problem('vendor-rejected', 'The vendor refused the account or its password.', { vendor }));
    }
    const results = isJsonObject(body) ? body['results'] : undefined;
    // The page calls `results` optional.
    if (words.code !== undefined && (results === undefined || results === null)) {
      const detail = 'The vendor accepts the account and knows no sign-in parameters of it.';
      return failed(new Problem('not-found', detail, { vendor }));
    }
    if (!isJsonObject(results)) return unreadable(answer, vendor);
    return { ...found(results), ...(words.message && { vendorMessage: words.message }) };
  },
});

export const handler = createHandler(queryAgentLoginParams);
