/** What API_Invoke takes as FunctionName: a name, an ARN or a part of one, with a qualifier or without. */
const FORMS =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z]{2}(?:-[a-z]+)+-\d:)?(?:\d{12}:)?(?:function:)?([\w.-]+)(?::(\$LATEST|[\w-]+))?$/;

/**
 * The plain name in a FunctionName, undefined where it is none or means another version than the one that there is.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
 * @param qualifier of the request's query
 */
export function plainFunctionName(text: string, qualifier: string | null): string | undefined {
  const [, name, version = qualifier ?? '$LATEST'] = FORMS.exec(text) ?? [];
  return version === '$LATEST' ? name : undefined;
}
