import { isJsonObject, scalarText } from '../../http/body.ts';
import { redactVendorText } from '../../log/redact.ts';

/** The vendor's own words in a response. */
export interface Words {
  readonly code?: string;
  readonly message?: string;
  /** Whether the code, or a text of a failure, says that the request failed. */
  readonly isFailure: boolean;
}

/*
 * The envelopes of CEC's interfaces differ, and a failure may come in the envelope of another one:
 * returnCode and message (cec_07_1011), returnCode and description (cec_07_0031), resultCode and resultDesc
 * (https://support.huaweicloud.com/api-ccfs-cec/cec_07_0104.html), resultCode and resultMessage, retCode and retMsg
 * (cec_07_0054), error_code and error_msg, errorCode and exceptionInfo (cec_05_1003).
 */
const CODES = ['returnCode', 'resultCode', 'retCode', 'error_code'];
/** Names that stand for the text of a failure, whatever is beside them. */
const FAILURE_TEXTS = ['exceptionInfo', 'error_msg'];
const TEXTS = ['resultDesc', 'resultMessage', 'retMsg'];
/** Names that any JSON may have: they count beside a code alone. */
const COMMON_TEXTS = ['message', 'description'];
/** cec_07_1011; `0100000` is that of CC-CMS (cec_07_0696). */
const SUCCESS = /^(?:0+|0100000)$/;
const PASSWORD = /pass|pwd/i;

/** Reads the code and the text of any of the envelopes, without the passwords that stand in the same response. */
export function readWords(body: unknown): Words {
  if (!isJsonObject(body)) return { isFailure: false };
  const first = (names: readonly string[]) => names.map((name) => scalarText(body[name])).find(Boolean);
  const errorCode = scalarText(body['errorCode']);
  // `errorCode` is "0" in the vendor's own sample of a failure, so that value says nothing.
  const code = first(CODES) ?? (errorCode === '0' ? undefined : errorCode);
  const text = first([...FAILURE_TEXTS, ...TEXTS, ...(code === undefined ? [] : COMMON_TEXTS)]);
  const message = text && redactVendorText(text, passwordsIn(body));
  const isFailure = code === undefined ? first(FAILURE_TEXTS) !== undefined : !SUCCESS.test(code);
  return { ...(code && { code }), ...(message && { message }), isFailure };
}

/** A failure may come with results, and its text may repeat them. */
function passwordsIn(body: Readonly<Record<string, unknown>>): string[] {
  return [body, body['results']].filter(isJsonObject).flatMap((fields) =>
    Object.entries(fields)
      .filter(([name]) => PASSWORD.test(name))
      .flatMap(([, value]) => scalarText(value) ?? []),
  );
}
