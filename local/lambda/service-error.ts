/**
 * An invocation that did not take place, as https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html names it: the
 * exception is the error's name, `status` the HTTP status, `document` the answer's body.
 */
export class LambdaServiceError extends Error {
  readonly status: number;
  readonly document: Readonly<Record<string, string>>;
  constructor(name: string, status: number, message: string, more: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = name;
    this.status = status;
    // The API's model spells the message of this one exception with a capital.
    const field = name === 'ResourceNotFoundException' ? 'Message' : 'message';
    this.document = { Type: 'User', [field]: message, ...more };
  }
}

/** A payload over the quota of its invocation type. */
export function tooLarge(limitBytes: number): LambdaServiceError {
  const message = `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
  return new LambdaServiceError('RequestTooLargeException', 413, message);
}
