import { describe, expect, it } from 'vitest';
import { bodyOf, expectProblem, requestsTo } from '../huawei-common/support.ts';
import { FIND, startIsdp } from './support.ts';

const TYPES = 'must be one of 0, 1, 2, 10';
const STATUSES = 'must be one of 0, 1';

describe('the input of findOnlineAgent', () => {
  it.each([
    ['a business type that is not listed', { type: 3 }, '/type', TYPES],
    ['a business type of text', { type: '0' }, '/type', TYPES],
    ['a business type of null', { type: null }, '/type', TYPES],
    ['an online status that is not listed', { onlineStatus: 2 }, '/onlineStatus', STATUSES],
    ['an online status of text', { onlineStatus: '1' }, '/onlineStatus', STATUSES],
    ['an online status of true', { onlineStatus: true }, '/onlineStatus', STATUSES],
    ['a page before the first', { pageStart: -1 }, '/pageStart', 'must be at least 0'],
    ['a page past what an int can count', { pageStart: 2_147_483_648 }, '/pageStart', 'must be at most 2147483647'],
    ['half a page', { pageStart: 0.5 }, '/pageStart', 'must be an integer'],
    ['a page of text', { pageStart: '0' }, '/pageStart', 'must be a number'],
    ['a page size of 0', { pageSize: 0 }, '/pageSize', 'must be at least 1'],
    ['a page size of 51', { pageSize: 51 }, '/pageSize', 'must be at most 50'],
    ['half a row', { pageSize: 1.5 }, '/pageSize', 'must be an integer'],
    ['a page size of text', { pageSize: '50' }, '/pageSize', 'must be a number'],
    ['a page size of null', { pageSize: null }, '/pageSize', 'must be a number'],
    ['an `all` that is no boolean', { all: 1 }, '/all', 'must be a boolean'],
    ['an unknown field', { pagesize: 10 }, '/pagesize', 'is not a known field'],
  ])('is refused with %s', async (_, input, pointer, detail) => {
    const world = await startIsdp();

    const response = await world.call(input);

    expectProblem(response, { code: 'invalid-input', status: 400, retryable: false });
    expect(response.body.errors).toEqual([{ pointer, detail }]);
    expect(world.vendor.requests).toHaveLength(0);
  });

  it.each([
    ['null', null],
    ['a list', []],
  ])('is refused as %s in place of an object', async (_, input) => {
    const world = await startIsdp();

    const response = await world.call(input);

    expectProblem(response, { code: 'invalid-input', status: 400, retryable: false });
    expect(response.body.errors).toEqual([{ pointer: '', detail: 'must be an object' }]);
  });

  it('is refused with an integer that no double holds', async () => {
    const world = await startIsdp();

    const response = await world.call(undefined, { body: '{"pageStart":9007199254740993}' });

    expectProblem(response, { code: 'invalid-input', status: 400 });
    expect(response.body.errors).toEqual([{ pointer: '/pageStart', detail: expect.stringMatching(/^must be /) }]);
  });

  it.each([
    ['the least', { type: 0, onlineStatus: 0, pageStart: 0, pageSize: 1 }],
    ['the most', { type: 10, onlineStatus: 1, pageStart: 2_147_483_647, pageSize: 50 }],
    ['business type 1', { type: 1 }],
    ['business type 2', { type: 2 }],
  ])('is taken as it is with %s', async (_, input) => {
    const world = await startIsdp();

    const response = await world.call(input);

    expect(response.status).toBe(200);
    expect(bodyOf(requestsTo(world, FIND)[0])).toEqual(input);
    expect(world.outcomes[0]?.input).toEqual(input);
  });
});
