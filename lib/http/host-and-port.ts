/** Host and port of a URL, and nothing else of it: it may hold a user, a password or values of a request. */
export function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
