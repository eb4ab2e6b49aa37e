import { describe, expect, test } from 'vitest';
import { readCookies } from '../../../../lib/vendors/huawei-agent-gateway/cookies.ts';

const NOW = Date.UTC(2026, 10, 27);
const KEPT = new Map([
  ['huaweielbsession', 'one'],
  ['node', 'AgentGateway0'],
]);

const read = (...cookies: string[]) => Object.fromEntries(readCookies({ cookies, receivedAt: NOW }, KEPT));

describe('a Set-Cookie', () => {
  test.each([
    ['node=two', 'two'],
    [' node = two ; Path=/; HttpOnly', 'two'],
    ['node=a=b; Secure', 'a=b'],
    ['node=; Path=/', ''],
    ['node=two; Max-Age=60', 'two'],
    ['node=two; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'two'],
    ['node=two; Expires=Fri, 27 Nov 2026 00:00:01 GMT', 'two'],
    ['node=two; Expires=never', 'two'],
    ['node=two; Max-Age=soon', 'two'],
    ['node=two; Max-Age=0; Max-Age=60', 'two'],
    ['node=two; Max-Age', 'two'],
  ])('sets a cookie: %s', (cookie, node) => {
    expect(read(cookie)).toEqual({ huaweielbsession: 'one', node });
  });

  test.each([
    'node=; Max-Age=0',
    'node=two; max-age=0',
    'node=two; Max-Age=-1',
    'node=two; MAX-AGE = 0 ; Path=/',
    'node=two; Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT',
    'node=two; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'node=two; expires=Thu, 01-Jan-1970 00:00:00 GMT; Path=/; Secure',
    'node=two; Expires=Thu, 01-Jan-70 00:00:00 GMT',
    'node=two; Expires=Thu Jan  1 00:00:00 1970',
    'node=two; Expires=Fri, 27 Nov 2026 00:00:00 GMT',
  ])('deletes a cookie: %s', (cookie) => {
    expect(read(cookie)).toEqual({ huaweielbsession: 'one' });
  });

  test.each(['node', '=two', '', ';', '; Max-Age=0'])('is ignored where it names none: "%s"', (cookie) => {
    expect(read(cookie)).toEqual(Object.fromEntries(KEPT));
  });

  test('counts after those before it', () => {
    expect(read('node=two; Max-Age=0', 'node=three')).toEqual({ huaweielbsession: 'one', node: 'three' });
    expect(read('node=three', 'node=two; Max-Age=0')).toEqual({ huaweielbsession: 'one' });
  });
});
