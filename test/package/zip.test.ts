import { expect, test } from 'vitest';
import { zipBundle } from '../../bundling/zip.ts';
import { readZip } from './service.ts';

const BUNDLE = { path: 'functions/one.cjs', code: Buffer.from('exports.handler = () => "é";'.repeat(1_000)) };
/** The first moment that DOS counts: day 1 of month 1 of year 0. */
const FIRST_DAY = ((1 << 5) | 1) << 16;

test('the zip of a function has its file, which every user may read, with a date that is always the same', () => {
  expect(readZip(Buffer.from(zipBundle(BUNDLE)))).toEqual([
    { name: BUNDLE.path, modified: FIRST_DAY, mode: 0o100644, content: BUNDLE.code },
  ]);
});
