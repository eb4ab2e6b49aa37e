import { type ZipAttributes, zipSync } from 'fflate';
import type { Bundle } from './bundles.ts';

const UNIX = 3;
/** The same for every file, so that the same code gives the same bytes. Lambda reads the code as another user. */
const ATTRIBUTES: ZipAttributes = {
  // The first day of the format. It has no time zone: these are the numbers of the date itself.
  mtime: new Date(1980, 0, 1),
  os: UNIX,
  // A file that all may read: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html
  attrs: (0o100644 << 16) >>> 0,
};

/** What Lambda takes as the code of a function: its bundle alone. */
export function zipBundle({ path, code }: Bundle): Uint8Array {
  return zipSync({ [path]: [code, { ...ATTRIBUTES, level: 9 }] });
}
