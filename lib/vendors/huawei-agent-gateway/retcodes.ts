/**
 * The gateway's retcodes: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0580.html; those from 300-001 on, but for
 * 999-001 none of them on a page, from the texts of Huawei's demo
 * https://github.com/Huawei/CloudIPCC_QuickAgentDemo_CSharp (EN-US.xaml).
 */

/** What a retcode asks of us. Codes that only call control, recording or conferences give are simply refusals. */
export type RetcodeAction =
  | 'sign-in-again'
  | 'retry'
  | 'retry-once'
  | 'slow-down'
  | 'conflict'
  | 'bad-credential'
  | 'not-found'
  | 'operator'
  | 'refusal';

interface Retcode {
  readonly action: RetcodeAction;
  readonly meaning: string;
}

const RETCODES: Readonly<Record<string, readonly [RetcodeAction, string]>> = {
  '000-001': ['refusal', 'events are fetched in a way that the agent was not signed in for'],
  '000-002': ['refusal', 'a parameter of the URL or the interface is wrong'],
  '000-003': ['sign-in-again', 'no right to call, or the authentication of the agent has expired'],
  '000-004': ['retry', 'the agent is being switched over'],
  '000-005': ['refusal', 'the inspected agent is the inspector'],
  '000-006': ['refusal', 'a message parameter is wrong'],
  '000-007': ['slow-down', 'the interface is called repeatedly'],
  /** A retcode of three parts, as some releases send it. */
  '000-000-007': ['slow-down', 'the interface is called repeatedly'],
  '100-001': ['refusal', 'sign-in parameters are empty or not valid'],
  '100-002': ['conflict', 'the agent is signed in already'],
  '100-003': ['retry', 'a resource or provider was unavailable at sign-in'],
  '100-004': ['bad-credential', 'wrong agent or password'],
  '100-005': ['refusal', 'sign-out parameters are not valid'],
  '100-006': ['sign-in-again', 'the agent is not signed in'],
  '100-007': ['retry-once', 'the operation failed inside the vendor'],
  '100-008': ['sign-in-again', 'the agent has signed out'],
  '100-009': ['refusal', 'the state could not be set'],
  '100-010': ['refusal', 'wrong state for signing out'],
  '100-011': ['refusal', 'a sign-in parameter is not valid'],
  '100-012': ['refusal', 'the agent type is wrong'],
  '100-013': ['refusal', 'the bound phone is not valid'],
  '100-014': ['refusal', 'the phone is outside the configured range'],
  '100-015': ['refusal', 'the agent is signed in and cannot be forced out'],
  '100-016': ['refusal', 'the IP address at sign-in is not valid'],
  '100-017': ['refusal', 'uPortal authentication failed'],
  '100-018': ['refusal', 'the VDN of the sign-in and of the announcement differ'],
  '100-019': ['refusal', 'parameters of a skill query are not valid'],
  '100-020': ['bad-credential', 'the password of the agent has expired'],
  '100-021': ['retry', 'the sign-in of the agent is under way'],
  '100-060': ['bad-credential', 'sign-in by account failed'],
  '100-061': ['bad-credential', 'the account is locked'],
  '100-062': ['bad-credential', 'wrong password of the account'],
  '105-001': ['retry', 'the agent is not cached'],
  '105-002': ['retry', 'recovery is under way'],
  '105-003': ['retry', 'recovery is done'],
  '105-004': ['retry', 'queueing for recovery failed'],
  '105-005': ['sign-in-again', 'waiting for recovery timed out'],
  '105-006': ['sign-in-again', 'the Guid does not match after a recovery'],
  '105-007': ['sign-in-again', 'recovery is switched off'],
  '110-016': ['bad-credential', 'the account is locked'],
  '300-001': ['refusal', 'the agent has no right to query agents'],
  '300-002': ['not-found', 'no such agent'],
  '300-003': ['not-found', 'no such agent in the group'],
  '300-004': ['not-found', 'no such group'],
  '600-001': ['not-found', 'no agent or no skill is configured'],
  '600-002': ['not-found', 'the VDN has no skills'],
  '600-003': ['not-found', 'there is no access code'],
  '600-004': ['not-found', 'there is no IVR information'],
  '600-005': ['not-found', 'the own VDN has no skills'],
  '999-001': ['operator', 'the address of WAS in the configuration of the gateway is wrong'],
};

const FAMILIES: Readonly<Record<string, string>> = {
  '101': 'a code of conferences',
  '104': 'a code of recording downloads',
  '106': 'a code of multimedia sessions',
  '107': 'a code of the configuration interfaces',
  '200': 'a code of call control',
  '210': 'a code of call control',
  '400': 'a code of call data',
  '500': 'a code of recording and playback',
  '700': 'a code of conferences',
  '701': 'a code of conferences',
  '800': 'a code of the configuration',
  '900': 'a code of quality control',
};

export function isListed(code: string): boolean {
  return Object.hasOwn(RETCODES, code);
}

/** What a retcode other than "0" means. One that no table lists is a refusal. */
export function explainRetcode(code: string): Retcode {
  const known = isListed(code) ? RETCODES[code] : undefined;
  if (known) return { action: known[0], meaning: known[1] };
  return { action: 'refusal', meaning: FAMILIES[code.slice(0, 3)] ?? 'a code that no table lists' };
}
