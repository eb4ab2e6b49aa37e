import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { found, unreadable } from '../../lib/pipeline/verdict.ts';
import { labelled } from '../../lib/schema/labels.ts';
import { logged } from '../../lib/schema/loggable.ts';
import { rows } from '../../lib/schema/rows.ts';
import { int, int64, intCode, long, text } from '../../lib/schema/wire.ts';
import { huaweiIsdp } from '../../lib/vendors/huawei-isdp.ts';
import { askPage, walkPages } from './walk-pages.ts';

const BUSINESS_TYPES = { 0: 'safety check', 1: 'quality check', 2: 'inspection', 10: 'video-call agent' };
const ONLINE_STATUSES = { 0: 'offline', 1: 'online' };

/** Names, types and texts of the two sign-in fields contradict each other: a number passes, and so does a text. */
function unread() {
  return z.union([long(), text()]);
}

const agent = labelled(
  {
    agentCode: z.nullish(text()),
    productType: z.nullish(text()),
    deliveryScene: z.nullish(text()),
    businessType: z.nullish(text()),
    agentAccount: z.nullish(text()),
    agentName: z.nullish(text()),
    type: z.nullish(text()),
    areaName: z.nullish(text()),
    cityId: z.nullish(text()),
    createName: z.nullish(text()),
    lastUpdateName: z.nullish(text()),
    agentSignInTime: z.nullish(unread()),
    agentId: z.nullish(int64()),
    tenantId: z.nullish(int64()),
    userId: z.nullish(int64()),
    createdBy: z.nullish(int64()),
    lastUpdatedBy: z.nullish(int64()),
    /** Epoch milliseconds. */
    creationTimestamp: z.nullish(long()),
    /** Epoch milliseconds. */
    lastUpdateTimestamp: z.nullish(long()),
    onlineStatus: z.nullish(intCode()),
    isArea: z.nullish(int()),
    capacity: z.nullish(int()),
    agentSignInDate: z.nullish(unread()),
    /** ISO 8601; need not agree with the time stamps. */
    creationDate: z.nullish(text()),
    lastUpdateDate: z.nullish(text()),
  },
  { type: BUSINESS_TYPES, onlineStatus: ONLINE_STATUSES },
);

/** The agents of a tenant and whether they are online. https://support.huaweicloud.com/api-isdp/api_01_0278.html */
export const findOnlineAgent = defineLookup({
  name: 'findOnlineAgent',
  vendor: huaweiIsdp,
  repeatable: true,
  input: z.strictObject({
    type: logged(z.optional(z.literal([0, 1, 2, 10]))),
    onlineStatus: logged(z.optional(z.literal([0, 1]))),
    /** Index of the page, from 0. */
    pageStart: logged(z.optional(z.int().check(z.minimum(0), z.maximum(2_147_483_647)))),
    pageSize: logged(z.optional(z.int().check(z.minimum(1), z.maximum(50)))),
    /** All pages from `pageStart` on, in one answer. */
    all: logged(z.optional(z.boolean())),
  }),
  output: z.object({
    // An absent list with stateCode "0" is an empty one.
    data: z.pipe(
      z.transform((agents: unknown): unknown => agents ?? []),
      rows(agent, { essential: true }),
    ),
    pos: z.nullish(int()),
    total_count: z.nullish(int()),
  }),
  question: ({ all: _all, ...filter }) => ({
    method: 'POST',
    path: '/openapi/v1/openTask/findOnlineAgent',
    body: JSON.stringify(filter),
  }),
  read: (result, answer) => {
    if (result === null || result === undefined) return found({});
    return isJsonObject(result) ? found(result) : unreadable(answer, { name: huaweiIsdp.name });
  },
  walk: (input, ask, limits) => (input.all ? walkPages(input, ask, limits) : askPage(input, ask)),
});

export const handler = createHandler(findOnlineAgent);
