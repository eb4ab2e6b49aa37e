import fc from 'fast-check';
import { expect, test } from 'vitest';
import { queryAgentInfoByWorkNo } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { parseJson } from '../../../lib/json/int64.ts';
import { int64Id, intId } from '../../../lib/schema/input.ts';
import { describeIssues } from '../../../lib/schema/issues.ts';

const lookups = [
  getUserInfoByCallId,
  queryAgentLoginParams,
  findOnlineAgent,
  queryAgentInfoByWorkNo,
  batchGetConversationParticipant,
];

test('a 64-bit id is the same id as JSON integer and as decimal string', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (id) => {
      expect(int64Id().parse(parseJson(String(id)))).toBe(id);
      expect(int64Id().parse(parseJson(`"${id}"`))).toBe(id);
    }),
  );
});

test('what is no integer from 1 to 2^63 - 1 is no 64-bit id', () => {
  const beyond = fc.bigInt({ min: 2n ** 63n }).map(String);
  const below = fc.bigInt({ max: 0n }).map(String);
  const padded = fc.bigInt({ min: 1n, max: 2n ** 62n }).map((id) => `0${id}`);
  const words = fc.string().filter((word) => !/^[1-9]\d*$/.test(word));
  const others = fc.oneof(
    fc.double().filter((each) => !Number.isSafeInteger(each) || each < 1),
    fc.boolean(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.oneof(beyond, below, padded, words, others), (value) => {
      expect(int64Id().safeParse(value).success).toBe(false);
    }),
  );
});

test('a bounded id takes exactly what lies inside its bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 1_000_010 }), fc.boolean(), (id, asText) => {
      const taken = intId(101, 999_999).safeParse(asText ? String(id) : id).success;
      expect(taken).toBe(id >= 101 && id <= 999_999);
    }),
  );
});

test('whatever comes in, a lookup refuses it with pointers into it or takes it, and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...lookups), fc.jsonValue(), ({ input }, value) => {
      const checked = input.safeParse(value);
      const errors = checked.success ? [] : describeIssues(value, checked.error.issues);
      expect(checked.success || errors.length > 0).toBe(true);
      for (const { pointer, detail } of errors) {
        expect(pointer).toMatch(/^(?:\/(?:[^~/]|~0|~1)*)*$/);
        expect(detail).not.toBe('');
      }
    }),
  );
});

test('an unknown field is refused under its own name, escaped as a JSON Pointer', () => {
  const value = { 'a/b~c': 1 };
  const checked = findOnlineAgent.input.safeParse(value);
  expect(describeIssues(value, checked.error?.issues ?? [])).toEqual([
    { pointer: '/a~1b~0c', detail: 'is not a known field' },
  ]);
});
