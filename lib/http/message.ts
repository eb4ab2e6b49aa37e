/** One HTTP request to a vendor, complete: what is hashed and signed is what is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated header the last value, but for `set-cookie`, which stands in `cookies`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The values of every `Set-Cookie`, as they came. */
  readonly cookies: readonly string[];
  /** Free of content codings, such as gzip. */
  readonly text: string;
  /** Epoch milliseconds by our clock when the headers had come. */
  readonly receivedAt: number;
  /** Host and port that it came from. */
  readonly server: string;
}

/** How to reach one vendor account beyond its address. */
export interface ConnectionOptions {
  /** Certificates (PEM) to trust for this account instead of the public ones. */
  readonly ca?: string;
  /** The name that the server's certificate must carry, where it is not the address's host. */
  readonly servername?: string;
  /** The fields of the secret that say so, for errors; absent if the vendor has none. */
  readonly trustFields?: readonly string[];
}
