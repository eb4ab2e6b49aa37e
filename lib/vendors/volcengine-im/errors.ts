import { isJsonObject, scalarText } from '../../http/body.ts';

/*
 * Codes of the gateway in front: https://www.volcengine.com/docs/6369/68677, /4/65595, /6448/76370, /6396/1253687,
 * /6396/70462, /6408/78947 and /6491/1185994. IM codes: https://www.volcengine.com/docs/6348/412253. Dotted codes of RTC:
 * https://www.volcengine.com/docs/6348/70426. IM errors may have a name and no number, so each name is listed.
 */

/** The consequence of an error. */
export type ErrorAction =
  | 'bad-credential'
  | 'no-permission'
  | 'skewed-clock'
  | 'slow-down'
  | 'retry'
  | 'not-found'
  | 'unknown-app'
  | 'wrong-region'
  | 'refusal'
  /** No table lists the error: the HTTP status decides. */
  | 'unlisted';

/** From 100011 on, the numbers without a page come from clients of the vendor. */
const BY_NUMBER: Readonly<Record<string, ErrorAction>> = {
  100001: 'retry',
  100003: 'bad-credential',
  100005: 'bad-credential',
  100006: 'skewed-clock',
  100009: 'bad-credential',
  100010: 'bad-credential',
  100011: 'bad-credential',
  100012: 'no-permission',
  100013: 'no-permission',
  100014: 'retry',
  100015: 'retry',
  100016: 'retry',
  100018: 'slow-down',
  100019: 'retry',
  100020: 'refusal',
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
  MissingAuthenticationToken: 'bad-credential',
  MissingSignature: 'bad-credential',
  InvalidAccessKey: 'bad-credential',
  InvalidClientTokenId: 'bad-credential',
  SignatureDoesNotMatch: 'bad-credential',
  ServiceShouldCallSelfApi: 'bad-credential',
  // Keys of a service of the vendor, used without an account.
  InnerApiNeedAccountInfo: 'bad-credential',
  InvalidAuthorization: 'bad-credential',
  InvalidCredential: 'bad-credential',
  InvalidSecretToken: 'bad-credential',
  LackPolicy: 'no-permission',
  LackProjectPolicy: 'no-permission',
  AccessDenied: 'no-permission',
  UndefinedError: 'retry',
  InternalError: 'retry',
  InternalServiceError: 'retry',
  InternalServiceTimeout: 'retry',
  FailToConnect: 'retry',
  ServiceUnavailableTemp: 'retry',
  FlowLimitExceeded: 'slow-down',
  AccountFlowLimitExceeded: 'slow-down',
  RequestLimitExceeded: 'slow-down',
  ConversationNotFound: 'not-found',
  ParticipantNotFound: 'not-found',
  ParticipantNotInConversation: 'not-found',
  AppNotFound: 'unknown-app',
  UnsupportedRegion: 'wrong-region',
  MissingParameter: 'refusal',
  MissingRequestInfo: 'refusal',
  ServiceNotFound: 'refusal',
  InvalidActionOrVersion: 'refusal',
  MethodNotAllowed: 'refusal',
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

/** Refusals that only the operator can end. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  NoAuth: 'The application belongs to another Volcengine account: check `AppId` and the keys of the secret.',
  AppStatusException: 'The application is disabled: enable it in the console of the vendor.',
  ServiceNotFound: 'The vendor knows no such service: check `baseUrl` of the secret.',
  InvalidActionOrVersion: 'The vendor knows no such interface: check `baseUrl` of the secret.',
  MethodNotAllowed: 'The vendor does not accept the HTTP method: check `baseUrl` of the secret.',
};

/** One error of the vendor, read from `ResponseMetadata.Error`. */
export interface VendorError {
  readonly code?: string;
  readonly message?: string;
  readonly action: ErrorAction;
  readonly explanation: string;
}

/**
 * Reads `ResponseMetadata.Error`.
 * @returns undefined if it is absent or empty, since the call has then succeeded (docs/6348/412251)
 */
export function readError(error: unknown): VendorError | undefined {
  if (isEmpty(error)) return undefined;
  const fields = isJsonObject(error) ? error : { Message: error };
  const number = scalarText(fields['CodeN']);
  const code = scalarText(fields['Code']) || number;
  const message = scalarText(fields['Message']);
  const name = code?.split('.')[0] ?? '';
  return {
    ...(code && { code }),
    ...(message && { message }),
    action: actionOf(name, number),
    explanation: find(EXPLANATIONS, name) ?? 'The vendor refused the request; see `vendor`.',
  };
}

/** A Go service writes an absent error as an object of empty texts and zeros. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

function actionOf(name: string, number: string | undefined): ErrorAction {
  // One client of the vendor shows this name and cuts it off here.
  if (name.startsWith('ServiceUnavailabl')) return 'retry';
  return find(BY_NAME, name) ?? find(BY_NUMBER, number ?? '') ?? 'unlisted';
}

function find<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
