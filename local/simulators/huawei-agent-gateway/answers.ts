import type { Answer } from '../server.ts';

/**
 * Meanings of retcodes (api-ccfs-cec/cec_07_0580). The pages document no wording of `message`; a site sends that of
 * 100-006, beside a `result` that is a text.
 */
const meanings: Readonly<Record<string, string>> = {
  '000-002': 'URL parameters, address or interface parameters are wrong',
  '000-007': 'The interface is called repeatedly',
  '100-001': 'Sign-in parameters are empty or invalid',
  '100-002': 'The agent is already signed in',
  '100-004': 'Wrong user or password',
  '100-006': 'agent not login',
  '100-015': 'The agent is signed in and cannot be forced out',
  '100-021': 'The sign-in is in progress, do not repeat it',
  '300-002': 'The agent is not found',
};

type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** HTTP 200 whatever the verdict: that is retcode (api-ccfs-cec/cec_07_0580). */
export function reply(body: object, headers: AnswerHeaders = {}): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** What stands before the gateway, or its server where no route fits. */
export function html(status: number): Answer {
  return { status, headers: { 'content-type': 'text/html' }, body: `<html><body><h1>${status}</h1></body></html>` };
}

export function refuse(retcode: string): Answer {
  return reply({ message: meanings[retcode] ?? '', result: '', retcode });
}

/** The Guid is in a header, never in the body of a sign-in: `Set-GUID` (cec_07_1202), or bare as two sites saw it. */
export function guidHeaders(guid: string, vendorCase: string): AnswerHeaders {
  if (vendorCase === 'guid-neither') return {};
  return vendorCase === 'guid-header' ? { Guid: guid } : { 'Set-GUID': `JSESSIONID=${guid}` };
}
