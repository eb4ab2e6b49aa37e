import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/*
 * Commands of the AWS CLI must work with its versions 1 and 2 as they are written: version 2 reads binary values as base64,
 * unless they come by `fileb://`, which both read as it is
 * (https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html#cliv2-migration-binaryparam), and version 1
 * knows no AWS_REGION.
 */

/** Options that take bytes, of all commands that the documents could show. */
const BINARY_OPTIONS = [
  'payload',
  'data',
  'secret-binary',
  'zip-file',
  'client-context',
  'partition-key-data',
  'plaintext',
];

const files = globSync(['*.md', 'docs/**/*.md', 'local/**/*.ts', 'scripts/**/*.ts']);

describe.each(files)('%s', (file) => {
  const text = readFileSync(file, 'utf8');
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');

  test('gives binary values of the AWS CLI by fileb://', () => {
    const commands = lines.filter((line) => /\baws [a-z]/.test(line));
    const option = new RegExp(`--(?:${BINARY_OPTIONS.join('|')})[= ](?!fileb://)`);
    expect(commands.filter((command) => option.test(command))).toEqual([]);
  });

  test('uses no option that version 1 lacks', () => {
    expect(
      lines.filter((line) => /--cli-binary-format|--cli-auto-prompt|--no-cli-pager|aws configure import/.test(line)),
    ).toEqual([]);
  });

  test('sets the region for both versions', () => {
    const exports = lines.filter(
      (line) => /\bexport AWS_.*\bAWS_REGION=/.test(line) || /^export AWS_REGION=/.test(line),
    );
    expect(exports.filter((line) => !/\bAWS_DEFAULT_REGION=/.test(line))).toEqual([]);
  });
});
