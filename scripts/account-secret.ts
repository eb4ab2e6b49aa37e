import { checkSecret } from '../lib/credentials/secret-store.ts';
import { ACCOUNT_NAME } from '../lib/pipeline/check-account.ts';
import { listIssues } from '../lib/schema/issues.ts';
import { findPlaceholders } from './placeholders.ts';
import { vendors } from './vendors.ts';

const PLAIN = /^[\w.-]{1,63}$/;

/** Why this is not `<vendor>/<account>` of a vendor that is there; undefined where it is. */
export function findNameFault(name: string): string | undefined {
  const [, vendor, account = ''] = /^([^/]*)\/(.*)$/s.exec(name) ?? [];
  if (vendor === undefined) return `${shown(name)} is not <vendor>/<account>, for example huawei-cec/default.`;
  if (!Object.hasOwn(vendors, vendor)) {
    return `${shown(vendor)} is not the name of a vendor. The vendors are ${Object.keys(vendors).join(', ')}.`;
  }
  if (ACCOUNT_NAME.test(account)) return undefined;
  return `${shown(account)} is not the name of an account of ${vendor}. It has 1 to 63 lower-case letters, digits and hyphens, and no hyphen first.`;
}

/**
 * Checks `<vendor>/<account>` and the text of its secret.
 * @throws Problem `misconfigured` that names the broken rules, never a value; Error for the name
 */
export function checkAccountSecret(name: string, text: string): void {
  checkSecret(vendorOf(name).secretSchema, text);
}

/**
 * The first fields of an account's secret that are wrong, with what each must be, and nothing of any value; undefined where
 * all is right. A placeholder of a document is wrong as well.
 * @throws Error for the name
 */
export function findSecretFault(name: string, secret: object): string | undefined {
  const checked = vendorOf(name).secretSchema.safeParse(secret);
  if (!checked.success) return listIssues(secret, checked.error.issues);
  const placeholders = findPlaceholders(secret).map((pointer) => `${pointer} is a placeholder`);
  return placeholders.length > 0 ? placeholders.join('; ') : undefined;
}

/** @throws Error where the name is not `<vendor>/<account>` of a vendor that is there */
export function vendorOf(name: string) {
  const fault = findNameFault(name);
  const vendor = vendors[name.split('/')[0] ?? ''];
  if (fault || !vendor) throw new Error(fault);
  return vendor;
}

/** A name may be anything, a secret in the wrong place among it. */
function shown(name: string): string {
  return PLAIN.test(name) ? `"${name}"` : 'This';
}
