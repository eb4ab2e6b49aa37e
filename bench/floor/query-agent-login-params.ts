import { SIP_SERVER_CODES } from '../codes.ts';
import { createHandler, isText } from './handler.ts';
import { Failure } from './http.ts';
import { askCec, type CecSecret } from './huawei-cec.ts';
import { shape } from './shape.ts';

const sipServer = shape({ sipServiceIp: String, sipServicePort: String, node: String, type: String }, SIP_SERVER_CODES);

const loginParams = shape({
  workNo: String,
  password: String,
  sipAccount: String,
  sipPwd: String,
  sipServerInfo: (servers: object[]) => servers.map(sipServer),
});

interface Input {
  readonly account: string;
  readonly password: string;
}

export const handler = createHandler<CecSecret, Input>({
  name: 'queryAgentLoginParams',
  vendor: 'huawei-cec',
  isInput: ({ account, password, ...others }) =>
    isText(account, 100) && isText(password, 100) && Object.keys(others).length === 0,
  ask: async (input, secret) => {
    const answer = await askCec<{ returnCode: string; results: object }>(
      '/apiaccess/CC-Management/v1/queryAgentLoginParams',
      input,
      secret,
    );
    if (answer.returnCode !== '0') throw new Failure(422, 'refused');
    return loginParams(answer.results);
  },
});
