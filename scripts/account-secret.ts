import { checkSecret } from '../lib/credentials/secret-store.ts';
import { vendors } from './vendors.ts';

const ACCOUNT_SECRET = /^([a-z-]+)\/([a-z0-9][a-z0-9-]{0,62})$/;

/**
 * Checks `<vendor>/<account>` and the text of its secret.
 * @throws Problem `misconfigured` that names the broken rules, never a value; Error for the name
 */
export function checkAccountSecret(name: string, text: string): void {
  checkSecret(vendorOf(name).secretSchema, text);
}

/** @throws Error where the name is not `<vendor>/<account>` of a vendor that is there */
export function vendorOf(name: string) {
  const [, vendorName = ''] = ACCOUNT_SECRET.exec(name) ?? [];
  const vendor = Object.hasOwn(vendors, vendorName) ? vendors[vendorName] : undefined;
  if (vendor) return vendor;
  throw new Error(`"${name}" is not <vendor>/<account>, with a vendor of: ${Object.keys(vendors).join(', ')}`);
}
