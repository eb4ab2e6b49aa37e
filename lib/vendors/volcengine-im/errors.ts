/**
 * The gateway's codes: https://www.volcengine.com/docs/6369/68677; names and numbers from 100012 on that the page does
 * not confirm are taken by number. IM codes: https://www.volcengine.com/docs/6348/412253. RTC-wide dotted codes:
 * https://www.volcengine.com/docs/6348/70426.
 */

/** What an error asks of us. */
export type ErrorAction =
  | 'bad-credential'
  | 'no-permission'
  | 'skewed-clock'
  | 'slow-down'
  | 'retry'
  | 'not-found'
  | 'refusal'
  /** In no table: the HTTP status decides. */
  | 'unlisted';

const BY_NUMBER: Readonly<Record<string, ErrorAction>> = {
  100003: 'bad-credential',
  100005: 'bad-credential',
  100006: 'skewed-clock',
  100009: 'bad-credential',
  100010: 'bad-credential',
  100011: 'bad-credential',
  100012: 'no-permission',
  100013: 'no-permission',
  100014: 'retry',
  100016: 'retry',
  100018: 'slow-down',
  100019: 'retry',
  100021: 'no-permission',
  100024: 'bad-credential',
  100025: 'bad-credential',
  100026: 'bad-credential',
  100027: 'slow-down',
  100034: 'slow-down',
  100035: 'slow-down',
};

const BY_NAME: Readonly<Record<string, ErrorAction>> = {
  InvalidTimestamp: 'skewed-clock',
  InvalidAccessKey: 'bad-credential',
  SignatureDoesNotMatch: 'bad-credential',
  LackPolicy: 'no-permission',
  AccessDenied: 'no-permission',
  InternalError: 'retry',
  InternalServiceTimeout: 'retry',
  FlowLimitExceeded: 'slow-down',
  AccountFlowLimitExceeded: 'slow-down',
  ConversationNotFound: 'not-found',
  ParticipantNotFound: 'not-found',
  ParticipantNotInConversation: 'not-found',
  AppNotFound: 'not-found',
  MissingParameter: 'refusal',
  MissingRequestInfo: 'refusal',
  ServiceNotFound: 'refusal',
  InvalidActionOrVersion: 'refusal',
  InvalidParameter: 'refusal',
  JsonParsingError: 'refusal',
  InvalidParam: 'refusal',
  AppStatusException: 'refusal',
  NoAuth: 'refusal',
  SettingNotFound: 'refusal',
  MessageNotFound: 'refusal',
  ConversationShortIdsHasInvalidElem: 'refusal',
  SingleConversationNotSupport: 'refusal',
  OnlySingleConversationSupport: 'refusal',
  LiveConversationNotSupport: 'refusal',
  OnlyLiveConversationSupport: 'refusal',
  CreateSingleConversationNeedOtherParticipantId: 'refusal',
  OwnerShouldBeEqual: 'refusal',
  OnlyOwnerCanOperator: 'refusal',
  ConversationParticipantsMoreThanLimit: 'refusal',
  MoreThanUserConversationLimit: 'refusal',
  ManagerMoreThanLimit: 'refusal',
  BlockConversationWhiteParticipantMoreThanLimit: 'refusal',
  ConversationMarkTypeMoreThanLimit: 'refusal',
};

/** By `Code`, by its part before the first dot, and by `CodeN`. */
export function actionOf(code: string | undefined, number: string | undefined): ErrorAction {
  const name = code?.split('.')[0] ?? '';
  // Its name is known from one client only, which cut it off here.
  if (name.startsWith('ServiceUnavailabl')) return 'retry';
  return find(BY_NAME, name) ?? find(BY_NUMBER, number ?? '') ?? 'unlisted';
}

function find(table: Readonly<Record<string, ErrorAction>>, key: string): ErrorAction | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
