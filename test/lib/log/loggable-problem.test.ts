import { expect, test } from 'vitest';
import { loggableProblem } from '../../../lib/log/loggable-problem.ts';
import { Problem } from '../../../lib/problem.ts';

const logged = (code: string) =>
  loggableProblem(new Problem('vendor-rejected', 'refused', { vendor: { name: 'vendor', code } })).vendorCode;

test.each([
  '0',
  '-1',
  '1',
  '500',
  '100-006',
  '000-000-007',
  '0100000',
  'invalid_grant',
  'InvalidParam',
  'FlowLimitExceeded.QPSOverLimit',
  'CreateSingleConversationNeedOtherParticipantId',
  'APIG.0101',
  'E1001',
  'NoAuth',
  'ParticipantNotInConversation',
])('a code of a vendor is logged: %s', (code) => {
  expect(logged(code)).toBe(code);
});

test.each([
  '7c9e6679-7425-40de-944b-e07fc1f90ae7.AgentGateway1',
  '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  '11111111-2222-3333-4444-555555555555.AgentGateway0',
  'd41d8cd98f00b204e9800998ecf8427e',
  'q3Jx0yVb1ZkT8mWc5RfN2LdP7sHgUa9e',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'Internal Server Error',
  'a'.repeat(65),
  '失败',
  '...',
])('a text that may be a credential is not logged as a code: %s', (text) => {
  expect(logged(text)).toBeUndefined();
});
