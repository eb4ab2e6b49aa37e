import { describe, expect, test } from 'vitest';
import { explainRetcode, type RetcodeAction } from '../../../../lib/vendors/huawei-agent-gateway/retcodes.ts';

/** `100-001` to `100-003`, as the tables abbreviate runs of codes. */
function range(family: string, first: number, last: number): string[] {
  return Array.from(
    { length: last - first + 1 },
    (_each, index) => `${family}-${String(first + index).padStart(3, '0')}`,
  );
}

/** Every code of https://support.huaweicloud.com/api-ccfs-cec/cec_07_0580.html and of the vendor's demo, by what to do. */
const CODES: Readonly<Record<RetcodeAction, readonly string[]>> = {
  'sign-in-again': ['000-003', '100-006', '100-008', '105-005', '105-006', '105-007'],
  retry: ['000-004', '100-003', '100-021', '105-001', '105-002', '105-003', '105-004'],
  'retry-once': ['100-007'],
  'slow-down': ['000-007'],
  conflict: ['100-002'],
  'bad-credential': ['100-004', '100-020', '100-060', '100-061', '100-062', '110-016'],
  'not-found': ['300-002', '300-003', '300-004', '600-001', '600-002', '600-003', '600-004', '600-005'],
  operator: ['999-001'],
  refusal: [
    '000-001',
    '000-002',
    '000-005',
    '000-006',
    '100-001',
    '100-005',
    ...range('100', 9, 19),
    ...range('101', 1, 7),
    ...range('104', 1, 10),
    '104-012',
    ...range('106', 1, 4),
    '107-000',
    '107-003',
    ...range('200', 1, 26),
    '210-001',
    '300-001',
    '400-001',
    '400-003',
    ...range('500', 1, 10),
    ...range('700', 1, 3),
    ...range('701', 1, 6),
    ...range('800', 1, 3),
    ...range('900', 1, 9),
  ],
};

const entries = Object.entries(CODES).flatMap(([action, codes]) => codes.map((code) => [code, action] as const));

describe('every retcode of the tables', () => {
  test.each(entries)('%s asks for %s, and has a meaning', (code, action) => {
    const explained = explainRetcode(code);

    expect(explained.action).toBe(action);
    expect(explained.meaning).not.toBe('');
    expect(explained.meaning).not.toBe('a code that no table lists');
  });
});

test.each(['108-001', '999-002', '1', '', '100-6', '0', 'constructor', '__proto__', 'toString'])(
  'a retcode that no table lists is a refusal: "%s"',
  (code) => {
    expect(explainRetcode(code).action).toBe('refusal');
  },
);
