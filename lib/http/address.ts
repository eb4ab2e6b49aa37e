import * as z from 'zod/mini';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of a vendor, from the secret alone, as it is put before a path: no slash at its end. `http:` is for
 * loopback only.
 */
export function address() {
  return z.transform((value: unknown, context): string => {
    const url = typeof value === 'string' ? URL.parse(value) : null;
    const fault = url ? findFault(url) : 'must be a URL';
    if (url && !fault) return url.origin + url.pathname.replace(/\/+$/, '');
    context.issues.push({ code: 'custom', message: fault ?? 'must be a URL', input: value });
    return z.NEVER;
  });
}

function findFault(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https: URL';
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    return 'must be an https: URL (http: is for loopback only)';
  if (url.username || url.password) return 'must hold no user or password';
  if (url.search || url.hash) return 'must end with its path';
  return undefined;
}

/** `address`, followed by `path` where it has no path of its own. */
export function withDefaultPath(base: string, path: string): string {
  return new URL(base).pathname === '/' ? base + path : base;
}
