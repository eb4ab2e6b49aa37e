import { z } from 'zod';
import { createHandler } from './handler.ts';
import { askCec, cecSecret } from './huawei-cec.ts';
import { text } from './schema.ts';

export const handler = createHandler({
  name: 'getUserInfoByCallId',
  vendor: 'huawei-cec',
  secret: cecSecret,
  input: z.strictObject({
    callId: z.string().min(1),
    userId: z.string().min(1).max(32),
    tenantId: z.string().min(1),
  }),
  output: z.object({
    userNickname: text,
    userId: text,
    userAvatar: text,
    channel: text,
    createTime: text,
    channelConfigId: text,
    userAgent: text,
    clientIp: text,
    osName: text,
    borderType: text,
  }),
  ask: (input, secret) => askCec('/apiaccess/rest/workbench/v1/getUserInfoBycallId', input, secret, z.looseObject({})),
});
