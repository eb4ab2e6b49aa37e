import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REASONS } from '../../lib/credentials/reasons.ts';

test('the page on credentials has every reason word, with the meaning that the code gives it', () => {
  const page = readFileSync('docs/credentials.md', 'utf8');
  const missing = Object.entries(REASONS).filter(([word, meaning]) => !page.includes(`| \`${word}\` | ${meaning} |`));
  expect(missing).toEqual([]);
});
