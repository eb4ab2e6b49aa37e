type Values<Value> = Readonly<Record<string, Value | undefined>> | null | undefined;

interface EventHeaders {
  readonly headers?: Values<string>;
  readonly multiValueHeaders?: Values<readonly string[]>;
}

/**
 * The headers of an event by their names in lower case, as HTTP APIs bring them: several of one name joined by commas.
 * Others keep the caller's spelling, and may have none or only those with several values.
 */
export function readHeaders({ headers, multiValueHeaders }: EventHeaders): Record<string, string | undefined> {
  const single = Object.entries(headers ?? {});
  const multiple = Object.entries(multiValueHeaders ?? {}).map(([name, values]) => [name, values?.join(',')] as const);
  return Object.fromEntries([...single, ...multiple].map(([name, value]) => [name.toLowerCase(), value]));
}
