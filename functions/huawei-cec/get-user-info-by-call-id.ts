import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { failed, found, unreadable } from '../../lib/pipeline/verdict.ts';
import { Problem } from '../../lib/problem.ts';
import { text } from '../../lib/schema/wire.ts';
import { readWords } from '../../lib/vendors/huawei-cec/envelope.ts';
import { huaweiCec } from '../../lib/vendors/huawei-cec.ts';

// Newer editions of the page call no field mandatory, so none is.
const user = z.object({
  userNickname: z.nullish(text()),
  userId: z.nullish(text()),
  userAvatar: z.nullish(text()),
  channel: z.nullish(text()),
  /** Of no documented format: passed as it came. */
  createTime: z.nullish(text()),
  channelConfigId: z.nullish(text()),
  userAgent: z.nullish(text()),
  clientIp: z.nullish(text()),
  osName: z.nullish(text()),
  borderType: z.nullish(text()),
});

/** The user of a chat on the workbench. https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_2218.html */
export const getUserInfoByCallId = defineLookup({
  name: 'getUserInfoByCallId',
  vendor: huaweiCec,
  repeatable: true,
  input: z.strictObject({
    callId: z.string().check(z.minLength(1)),
    /** 1 to 32 characters in this edition of the page, 24 in newer ones: the wider one is taken. */
    userId: z.string().check(z.minLength(1), z.maxLength(32)),
    tenantId: z.string().check(z.minLength(1)),
  }),
  output: user,
  question: (input) => ({
    method: 'POST',
    path: '/apiaccess/rest/workbench/v1/getUserInfoBycallId',
    body: JSON.stringify(input),
  }),
  read: (body, answer) => {
    const { isFailure, ...words } = readWords(body);
    const vendor = { name: huaweiCec.name, ...words };
    // What the vendor answers for an unknown or ended chat is not documented; a sibling answers with an empty list.
    if (isEmpty(body) || answer.text.trim() === '') {
      return failed(new Problem('not-found', 'The vendor knows no such chat, or it has ended.', { vendor }));
    }
    // This interface has no envelope, so a failure comes in that of another one.
    if (isFailure) {
      return failed(new Problem('vendor-rejected', 'The vendor refused the request; see `vendor`.', { vendor }));
    }
    return isJsonObject(body) && Object.keys(body).some(isUserField) ? found(body) : unreadable(answer, vendor);
  },
});

function isUserField(field: string): boolean {
  return Object.hasOwn(user.shape, field);
}

function isEmpty(body: unknown): boolean {
  return body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

export const handler = createHandler(getUserInfoByCallId);
