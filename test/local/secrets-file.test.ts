import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSecretsFile } from '../../local/secrets-file.ts';

const CANARY = 'canary-4711';
const EXPECTED = 'Expected is a JSON object of accounts: { "<vendor>/<account>": { … } }.';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  file = join(folder, 'secrets.json');
});
afterAll(() => rm(folder, { recursive: true }));

async function refusalOf(content: string | Buffer): Promise<string> {
  await writeFile(file, content);
  return messageOf(file);
}

async function messageOf(path: string): Promise<string> {
  const error = await readSecretsFile(path).then(
    () => undefined,
    (refused: Error) => refused,
  );
  return error?.message ?? 'it was read';
}

const account = (fields: string) => `{\n  "huawei-cec/default": {\n    ${fields}\n  }\n}`;

describe('a file that cannot be read', () => {
  test.each([
    ['missing', 'no-such-file.json', 'there is no such file.'],
    ['below a file', 'secrets.json/other.json', 'there is no such file.'],
    ['a directory', '.', 'this is a directory and no file.'],
  ])('is refused if it is %s', async (_what, name, sentence) => {
    await writeFile(file, '{}');
    const path = join(folder, name);
    expect(await messageOf(path)).toBe(`${path}: ${sentence} ${EXPECTED}`);
  });

  // The file is there, and the system refuses to read its first byte.
  test.runIf(process.platform === 'linux')('is refused with the code of the system', async () => {
    expect(await messageOf('/proc/self/mem')).toBe(`/proc/self/mem: the file cannot be read (EIO). ${EXPECTED}`);
  });
});

describe('text that is no JSON in UTF-8 is refused with line and column', () => {
  const latin1 = Buffer.from(account(`"appSecret": "${CANARY} \ufffd é"`).replace('é', '\xe9'));
  const foreign = Buffer.concat([
    Buffer.from(`{\n  "huawei-cec/default": { "appSecret": "\ufffd${CANARY}`),
    Buffer.from([0xe9, 0x22, 0x7d, 0x7d]),
  ]);
  test.each([
    ['nothing', '', 1, 1, 'the text is empty.'],
    ['white space', ' \n\t\n', 1, 1, 'the text is empty.'],
    ['a byte order mark alone', '\ufeff', 1, 1, 'the text is empty.'],
    [
      'UTF-16 with a mark',
      Buffer.from('\ufeff{}', 'utf16le'),
      1,
      1,
      'the text is in UTF-16 or UTF-32. Save it as UTF-8.',
    ],
    ['UTF-16 without', Buffer.from('{}', 'utf16le'), 1, 1, 'the text is in UTF-16 or UTF-32. Save it as UTF-8.'],
    [
      'UTF-16, big end first',
      Buffer.from('{}', 'utf16le').swap16(),
      1,
      1,
      'the text is in UTF-16 or UTF-32. Save it as UTF-8.',
    ],
    ['a byte of Latin-1', foreign, 2, 53, 'this byte is not UTF-8. Save it as UTF-8.'],
    [
      'a comma after the last field',
      account(`"appSecret": "${CANARY}",`),
      3,
      31,
      'the text is not JSON: here is a trailing comma. Remove it.',
    ],
    [
      'a comma after the last account',
      '{ "huawei-cec/default": {},\n}',
      1,
      27,
      'the text is not JSON: here is a trailing comma. Remove it.',
    ],
    [
      'a comma after the last of a list',
      account('"agents": [1, ]'),
      3,
      17,
      'the text is not JSON: here is a trailing comma. Remove it.',
    ],
    [
      'an end too early',
      `{\n"huawei-cec/default": { "appSecret": "${CANARY}"`,
      2,
      51,
      'the text is not JSON: it ends too early. Close each string and bracket.',
    ],
    ['an end after a bracket', '{\n', 1, 2, 'the text is not JSON: it ends too early. Close each string and bracket.'],
    [
      'an end after a name',
      '{ "huawei-cec/default"\n\n',
      1,
      23,
      'the text is not JSON: it ends too early. Close each string and bracket.',
    ],
    [
      'an end after a colon',
      '{\n  "huawei-cec/default":\n',
      2,
      24,
      'the text is not JSON: it ends too early. Close each string and bracket.',
    ],
    [
      'an end after a comma',
      '{\n  "huawei-cec/default": {},\n',
      2,
      28,
      'the text is not JSON: it ends too early. Close each string and bracket.',
    ],
    [
      'an end inside a string',
      '{ "huawei-cec/def',
      1,
      18,
      'the text is not JSON: it ends too early. Close each string and bracket.',
    ],
    [
      'a bracket too many',
      '{ }\n}',
      2,
      1,
      'the text is not JSON: check quotation marks, commas and brackets before this place.',
    ],
    [
      'a second value',
      '{ } 1',
      1,
      5,
      'the text is not JSON: check quotation marks, commas and brackets before this place.',
    ],
    [
      'a line break in a string',
      account('"ca": "-----BEGIN\nMII"'),
      3,
      22,
      'the text is not JSON: a line break or tab is inside a string. Write \\n or \\t, or close the string before it.',
    ],
    [
      'a string without end',
      account(`"appSecret": "${CANARY},`),
      3,
      31,
      'the text is not JSON: a line break or tab is inside a string. Write \\n or \\t, or close the string before it.',
    ],
    ['a comment', account('// of the desk'), 3, 5, 'the text is not JSON: this is a comment. Remove it.'],
    [
      'single quotation marks',
      account(`'appSecret': '${CANARY}'`),
      3,
      5,
      'the text is not JSON: strings and names need straight double quotation marks.',
    ],
    [
      'curved quotation marks',
      account(`“appSecret”: “${CANARY}”`),
      3,
      5,
      'the text is not JSON: strings and names need straight double quotation marks.',
    ],
    [
      'a missing comma',
      account(`"appKey": "${CANARY}" "appSecret": "${CANARY}"`),
      3,
      29,
      'the text is not JSON: check quotation marks, commas and brackets before this place.',
    ],
    [
      'a value without quotation marks',
      account(`"appKey": ${CANARY}`),
      3,
      15,
      'the text is not JSON: check quotation marks, commas and brackets before this place.',
    ],
    [
      'more than one object',
      `{}\n{ "${CANARY}": 1 }`,
      2,
      1,
      'the text is not JSON: check quotation marks, commas and brackets before this place.',
    ],
  ])('%s', async (_what, content, line, column, sentence) => {
    const refusal = await refusalOf(content);
    expect(refusal).toBe(`${file}, line ${line}, column ${column}: ${sentence} ${EXPECTED}`);
    expect(refusal).not.toContain(CANARY);
  });

  test('and a replacement character is a character like others', async () => {
    expect(await refusalOf(latin1)).toBe('it was read');
  });
});

describe('JSON that is no object of accounts is refused with line and column', () => {
  const vendors = 'The vendors are huawei-cec, huawei-isdp, huawei-agent-gateway, volcengine-im.';
  const rule = 'It has 1 to 63 lower-case letters, digits and hyphens, and no hyphen first.';
  test.each([
    ['a list', `\n[{ "appSecret": "${CANARY}" }]`, 2, 1, 'here begins a list and no object.'],
    ['a string', `  "${CANARY}"`, 1, 3, 'here begins a string and no object.'],
    ['a number', '4711', 1, 1, 'here begins a number and no object.'],
    ['a long number', '12345678901234567890', 1, 1, 'here begins a number and no object.'],
    ['null', 'null', 1, 1, 'here begins null and no object.'],
    ['a boolean', 'true', 1, 1, 'here begins a boolean and no object.'],
    ['no account', '\n{ }', 2, 1, 'this object has no account.'],
    [
      'an account that is a string',
      `{\n  "huawei-cec/default": "${CANARY}"\n}`,
      2,
      25,
      'this account is a string instead of an object.',
    ],
    [
      'an account that is a list',
      `{\n  "huawei-cec/default": ["${CANARY}"]\n}`,
      2,
      25,
      'this account is a list instead of an object.',
    ],
    [
      'an account that is null',
      '{\n  "huawei-cec/default": null\n}',
      2,
      25,
      'this account is null instead of an object.',
    ],
    [
      'one account’s own secret',
      `{ "appSecret": "${CANARY}" }`,
      1,
      3,
      '"appSecret" is not <vendor>/<account>, for example huawei-cec/default.',
    ],
    [
      'a wrong vendor',
      '{ "huawei-cec/a": {},\n  "huawei/default": {} }',
      2,
      3,
      `"huawei" is not the name of a vendor. ${vendors}`,
    ],
    [
      'a name of JavaScript',
      '{ "constructor/default": {} }',
      1,
      3,
      `"constructor" is not the name of a vendor. ${vendors}`,
    ],
    [
      'a wrong account',
      '{ "huawei-cec/Desk": {} }',
      1,
      3,
      `"Desk" is not the name of an account of huawei-cec. ${rule}`,
    ],
    ['no account name', '{ "huawei-cec/": {} }', 1, 3, `This is not the name of an account of huawei-cec. ${rule}`],
    [
      'an account with a slash',
      '{ "huawei-cec/a/b": {} }',
      1,
      3,
      `This is not the name of an account of huawei-cec. ${rule}`,
    ],
    [
      'a name with a line break',
      '{ "huawei-cec/a\\n": {} }',
      1,
      3,
      `This is not the name of an account of huawei-cec. ${rule}`,
    ],
  ])('%s', async (_what, content, line, column, sentence) => {
    const refusal = await refusalOf(content);
    expect(refusal).toBe(`${file}, line ${line}, column ${column}: ${sentence} ${EXPECTED}`);
    expect(refusal).not.toContain(CANARY);
  });

  test('and a byte order mark takes no column', async () => {
    expect(await refusalOf('\ufeff[]')).toContain('line 1, column 1: here begins a list');
  });
});
