import { test } from 'vitest';
import { readWords } from '../../../../lib/vendors/huawei-isdp/words.ts';
import { expectLinear } from '../../../support/growth.ts';

test.each([
  ['CDATA that never ends', '<![CDATA['],
  ['CDATA that nearly ends', '<![CDATA[]]'],
  ['elements that never end', '<error>'],
  ['elements without an end of their names', '<error a'],
  ['entities that are none', '&#'],
  ['white space', ' \n'],
])('the time of reading an XML response grows as it does: of %s', (_what, part) => {
  const textOf = (size: number) => `<error>${part.repeat(size / part.length)}`;
  expectLinear(textOf, (text) => readWords({ status: 500, headers: {}, cookies: [], text, receivedAt: 0, server: '' }));
});
