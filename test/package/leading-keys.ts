import { expect } from 'vitest';

/* What IAM makes of a condition on the partition keys of a request to DynamoDB. */

/** Whether it is true for a request of these partition keys; none for a request of the whole table. */
export function isReached(
  condition: Record<string, Record<string, string | string[]>>,
  partitionKeys: string[],
): boolean {
  return Object.entries(condition).every(([operator, { 'dynamodb:LeadingKeys': expected, ...others }]) => {
    expect(others).toEqual({});
    if (operator === 'Null') return String(partitionKeys.length === 0) === expected;
    expect(operator).toBe('ForAllValues:StringLike');
    const patterns = [expected ?? []].flat().map(toRegExp);
    return partitionKeys.every((key) => patterns.some((pattern) => pattern.test(key)));
  });
}

/** A pattern of StringLike: `*` is any characters, `?` any one. */
function toRegExp(pattern: string): RegExp {
  const parts = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${parts.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
