import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { failed, found, unreadable } from '../../lib/pipeline/verdict.ts';
import { Problem } from '../../lib/problem.ts';
import { labelled } from '../../lib/schema/labels.ts';
import { list } from '../../lib/schema/list.ts';
import { logged } from '../../lib/schema/loggable.ts';
import { int, intCode, long, text } from '../../lib/schema/wire.ts';
import { workNumber } from '../../lib/vendors/huawei-agent-gateway/secret.ts';
import { huaweiAgentGateway } from '../../lib/vendors/huawei-agent-gateway.ts';

/* Code tables: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0581.html */

const STATUSES = {
  0: 'unknown',
  1: 'signed in',
  2: 'signed out',
  3: 'busy',
  4: 'idle',
  5: 'wrap-up',
  6: 'as idle',
  7: 'talking',
  8: 'rest',
  9: 'pre-rest',
};

/** 10 stands on another page only: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0697.html */
const CTI_STATUSES = {
  0: 'not signed in',
  1: 'idle',
  2: 'pre-occupied',
  3: 'occupied',
  4: 'answering',
  5: 'talking',
  6: 'after-call work',
  7: 'busy',
  8: 'rest',
  9: 'learning',
  10: 'adjusting',
};

/**
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1207.html; 50, 52 and 56 from cec_07_0463. The page's own sample
 * has a 6, which no list explains.
 */
const SKILL_MEDIA_TYPES = {
  1: 'text chat',
  2: 'click to dial',
  4: 'callback request',
  5: 'ordinary audio/video phone',
  15: 'predictive outbound',
  16: 'preview outbound',
  17: 'message call',
  19: 'ordinary video call',
  50: 'email',
  51: 'multimedia web chat',
  52: 'SMS',
  53: 'social chat',
  56: 'WeChat',
};

const skill = labelled(
  { name: z.nullish(text()), id: z.nullish(int()), mediatype: z.nullish(intCode()) },
  {
    mediatype: SKILL_MEDIA_TYPES,
  },
);

/** What an agent is doing now. https://support.huaweicloud.com/api-ccfs-cec/cec_07_0415.html */
export const queryAgentInfoByWorkNo = defineLookup({
  name: 'queryAgentInfoByWorkNo',
  vendor: huaweiAgentGateway,
  repeatable: true,
  input: z.strictObject({
    workno: logged(workNumber()),
    /** The agent that asks: the caller's own, or one of the account's. */
    agentid: logged(z.optional(workNumber())),
  }),
  output: labelled(
    {
      workno: z.nullish(text()),
      name: z.nullish(text()),
      status: z.nullish(intCode()),
      ctiStatus: z.nullish(intCode()),
      groupid: z.nullish(int()),
      groupname: z.nullish(text()),
      skilllist: z.nullish(list(skill)),
      /** Unused by the page, and empty in its sample. */
      callids: z.nullish(list(text())),
      /** Three letters, T or F: signed in to CTIServer, WebM, MailM. */
      mediatype: z.nullish(text()),
      vdnid: z.nullish(int()),
      phonenumber: z.nullish(text()),
      /** Seconds. */
      currentstatetime: z.nullish(long()),
      /** Epoch milliseconds. */
      logindate: z.nullish(long()),
      inMultimediaConf: z.nullish(int()),
      currentStateReason: z.nullish(int()),
    },
    { status: STATUSES, ctiStatus: CTI_STATUSES },
  ),
  question: ({ workno, agentid }) => ({ method: 'GET', path: `/agentgroup/${agentid}/agentbyworkno/${workno}` }),
  read: (result, answer) => {
    const vendor = { name: huaweiAgentGateway.name };
    // The page's text speaks of a list, its sample shows one object.
    const agents = Array.isArray(result) ? result : [result];
    if (agents.length === 0) return failed(new Problem('not-found', 'The vendor knows no such agent.', { vendor }));
    const [agent] = agents;
    return agents.length === 1 && isJsonObject(agent) ? found(agent) : unreadable(answer, vendor);
  },
});

export const handler = createHandler(queryAgentInfoByWorkNo);
