/*
 * What vendors' codes mean, for the floor and the naive build: every build has to give the same answer. The tables of
 * the lookups themselves stand in functions/.
 */

export type Codes = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const SIP_SERVER_CODES: Codes = { type: { 0: 'SIP', 1: 'WebRTC' } };

export const ONLINE_AGENT_CODES: Codes = {
  type: { 0: 'safety check', 1: 'quality check', 2: 'inspection', 10: 'video-call agent' },
  onlineStatus: { 0: 'offline', 1: 'online' },
};

export const AGENT_CODES: Codes = {
  inMultimediaConf: { 0: 'no', 1: 'yes' },
  status: {
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
  },
  ctiStatus: {
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
  },
};

export const SKILL_CODES: Codes = {
  mediatype: {
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
  },
};

export const PARTICIPANT_CODES: Codes = {
  Role: { 0: 'ordinary member', 1: 'owner', 2: 'administrator' },
  Status: { 0: 'normal', 1: 'left' },
};
