import { z } from 'zod';
import { SIP_SERVER_CODES } from '../codes.ts';
import { createHandler } from './handler.ts';
import { askCec, cecSecret } from './huawei-cec.ts';
import { labelled, text } from './schema.ts';

const sipServer = labelled({ sipServiceIp: text, sipServicePort: text, node: text, type: text }, SIP_SERVER_CODES);

const envelope = z.object({ returnCode: z.literal('0'), results: z.unknown() });

export const handler = createHandler({
  name: 'queryAgentLoginParams',
  vendor: 'huawei-cec',
  secret: cecSecret,
  input: z.strictObject({ account: z.string().min(1).max(100), password: z.string().min(1).max(100) }),
  output: z.object({
    workNo: text,
    password: text,
    sipAccount: text,
    sipPwd: text,
    sipServerInfo: z.array(sipServer).nullish(),
  }),
  ask: async (input, secret) => {
    const path = '/apiaccess/CC-Management/v1/queryAgentLoginParams';
    const { results } = await askCec(path, input, secret, envelope);
    return results;
  },
});
