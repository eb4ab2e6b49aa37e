import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { failed, found, unreadable } from '../../lib/pipeline/verdict.ts';
import { Problem } from '../../lib/problem.ts';
import { type CodeTable, labelled } from '../../lib/schema/labels.ts';
import { logged } from '../../lib/schema/loggable.ts';
import { rows } from '../../lib/schema/rows.ts';
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

/** In a multimedia conference: cec_07_0415. */
const IN_MULTIMEDIA_CONF = { 0: 'no', 1: 'yes' };

/**
 * Why an agent is busy: https://support.huaweicloud.com/api-ccfs-cec/cec_07_1346.html. That these are the codes of
 * `currentStateReason` is inferred: its own page has none.
 */
const BUSY_REASONS = {
  0: 'none',
  1: 'set by the agent',
  2: 'did not answer',
  3: 'set by an inspector',
  4: 'rest',
  5: 'phone unavailable',
  7: 'rejected a call',
  ...codes(200, 250, 'custom'),
};

/** Why an agent signed out: cec_07_0706, cec_07_2641, cec_07_4243, cec_07_0838. Inferred in the same way. */
const SIGN_OUT_REASONS = {
  ...codes(1, 255, 'set by the client'),
  256: 'disconnected',
  257: 'signed out by an inspector',
  258: 'signed out by the agent',
  259: 'signed out before signing in again',
  ...codes(260, 263, 'handshake failed'),
  264: 'the same agent signed in elsewhere',
  65535: 'none',
};

const BUSY = 3;
const SIGNED_OUT = 2;

/** No table is known for other states. */
function stateReasons({ status }: Readonly<Record<string, unknown>>): CodeTable | undefined {
  if (status === BUSY) return BUSY_REASONS;
  return status === SIGNED_OUT ? SIGN_OUT_REASONS : undefined;
}

function codes(first: number, last: number, meaning: string): CodeTable {
  return Object.fromEntries(Array.from({ length: last - first + 1 }, (_each, index) => [first + index, meaning]));
}

/** The page's int or long; a site sends "" for none, or true and false for 1 and 0. */
function lenient(schema: z.ZodMiniType) {
  const convert = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value === '' ? null : value);
  return z.pipe(z.transform(convert), z.nullish(schema));
}

/** The page calls these fields unused: whatever stands there costs nobody the answer. */
function unused(schema: z.ZodMiniType) {
  return z.catch(z.nullish(schema), null);
}

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
      groupid: lenient(int()),
      groupname: unused(text()),
      skilllist: z.nullish(rows(skill)),
      callids: unused(rows(text())),
      /** Three letters, T or F: signed in to CTIServer, WebM, MailM. */
      mediatype: z.nullish(text()),
      vdnid: lenient(int()),
      phonenumber: z.nullish(text()),
      /** Seconds. */
      currentstatetime: lenient(long()),
      /** Epoch milliseconds. */
      logindate: lenient(long()),
      inMultimediaConf: lenient(intCode()),
      currentStateReason: lenient(intCode()),
    },
    {
      status: STATUSES,
      ctiStatus: CTI_STATUSES,
      inMultimediaConf: IN_MULTIMEDIA_CONF,
      currentStateReason: stateReasons,
    },
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
