import { createHandler, isText } from './handler.ts';
import { Failure } from './http.ts';
import { askCec, type CecSecret } from './huawei-cec.ts';
import { shape } from './shape.ts';

const user = shape({
  userNickname: String,
  userId: String,
  userAvatar: String,
  channel: String,
  createTime: String,
  channelConfigId: String,
  userAgent: String,
  clientIp: String,
  osName: String,
  borderType: String,
});

interface Input {
  readonly callId: string;
  readonly userId: string;
  readonly tenantId: string;
}

export const handler = createHandler<CecSecret, Input>({
  name: 'getUserInfoByCallId',
  vendor: 'huawei-cec',
  isInput: ({ callId, userId, tenantId, ...others }) =>
    isText(callId) && isText(userId, 32) && isText(tenantId) && Object.keys(others).length === 0,
  ask: async (input, secret) => {
    const answer = await askCec<object>('/apiaccess/rest/workbench/v1/getUserInfoBycallId', input, secret);
    if (Object.keys(answer).length === 0) throw new Failure(404, 'no such chat');
    return user(answer);
  },
});
