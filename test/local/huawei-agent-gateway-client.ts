import { expect } from 'vitest';
import { demoAgents } from '../../local/simulators/huawei-agent-gateway.ts';

export const CONTENT_TYPE = 'application/json; charset=UTF-8';
export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.AgentGateway0$/;
export const [agent, other] = demoAgents as [(typeof demoAgents)[0], (typeof demoAgents)[0]];

export interface Body {
  readonly message?: string;
  readonly msg?: string;
  readonly retcode: string | number;
  readonly result: Record<string, unknown>;
  readonly event?: Record<string, unknown>;
}

export interface Session {
  readonly guid: string;
  readonly cookie: string;
}

export async function read(response: Response | Promise<Response>): Promise<Body> {
  const answered = await response;
  expect(answered.status).toBe(200);
  return (await answered.json()) as Body;
}

export async function retcode(response: Response | Promise<Response>): Promise<unknown> {
  return (await read(response)).retcode;
}

export function guidOf(response: Response): string {
  return (response.headers.get('set-guid') ?? '').replace('JSESSIONID=', '');
}

/** The gateway's calls as its first agent makes them, at the address that `url` gives at the time. */
export function createClient(url: () => string) {
  const { agentid, password, phonenum } = agent;

  function call(method: string, path: string, session?: Partial<Session>, body?: unknown): Promise<Response> {
    return fetch(`${url()}/agentgateway/resource/${path}`, {
      method,
      headers: {
        'content-type': CONTENT_TYPE,
        ...(session?.guid ? { guid: session.guid } : {}),
        ...(session?.cookie ? { cookie: session.cookie } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  const signInAs = (id: string, body: unknown = { password, phonenum }, form = '') =>
    call('PUT', `onlineagent/${id}${form}`, undefined, body);

  async function signedIn(form = ''): Promise<Session> {
    const response = await signInAs(agentid, { password, phonenum }, form);
    expect(await retcode(response.clone())).toBe('0');
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    return { guid: guidOf(response), cookie: cookies.join('; ') };
  }

  return {
    call,
    signInAs,
    signedIn,
    signOut: (session: Partial<Session>) => call('DELETE', `onlineagent/${agentid}/logout`, session),
    poll: (session: Partial<Session>) => call('GET', `agentevent/${agentid}`, session),
    lookUp: (session: Partial<Session>, workno = '20011') =>
      call('GET', `agentgroup/${agentid}/agentbyworkno/${workno}`, session),
  };
}
