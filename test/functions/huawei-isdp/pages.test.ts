import { describe, expect, it } from 'vitest';
import { huaweiIsdp, ISDP_SAMPLE_AGENT } from '../../../local/simulators/huawei-isdp.ts';
import { json, type ReceivedRequest, type SimulatorClock } from '../../../local/simulators/server.ts';
import type { Response } from '../../support/world.ts';
import { around, bodyOf, expectProblem, requestsTo, silence } from '../huawei-common/support.ts';
import { FIND, startIsdp, TOKEN } from './support.ts';

const ONLINE = { all: true, onlineStatus: 1 };

const idsOf = ({ body }: Response): string[] => body.data.data.map(({ agentId }: { agentId: string }) => agentId);
const pageOf = (request: ReceivedRequest) => (bodyOf(request) as { pageStart: number }).pageStart;
const agents = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...ISDP_SAMPLE_AGENT, agentId: index + 1 }));

/** A vendor that takes its time over each page. */
const slow = (millisecondsOf: (page: number) => number) =>
  startIsdp({
    simulation: around(huaweiIsdp, (request, answer, clock) => {
      if (request.path === FIND) clock.advance(millisecondsOf(pageOf(request)));
      return answer();
    }),
  });

describe('all pages', () => {
  it('are asked for up to total_count and answered as one', async () => {
    const world = await startIsdp();

    const response = await world.call(ONLINE);

    expect(response.status).toBe(200);
    expect(new Set(idsOf(response)).size).toBe(340);
    expect(response.body.data).toMatchObject({ pos: 0, total_count: 340 });
    expect(response.body.meta).toMatchObject({ attempts: 7, pages: 7, complete: true });
    expect(response.body.meta).not.toHaveProperty('stopped');
    expect(response.body.meta).not.toHaveProperty('nextPageStart');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  it('are asked for one by one, with the caller’s filter', async () => {
    const world = await startIsdp();

    await world.call(ONLINE);

    expect(requestsTo(world, FIND).map(bodyOf)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((pageStart) => ({ onlineStatus: 1, pageStart, pageSize: 50 })),
    );
  });

  it('end with a full one where all rows are there, without asking for an empty one', async () => {
    const world = await startIsdp();

    const response = await world.call({ all: true });

    expect(idsOf(response)).toEqual(Array.from({ length: 400 }, (_, index) => String(17813 + index)));
    expect(response.body.meta).toMatchObject({ pages: 8, complete: true });
  });

  it('are not called complete where the vendor gives the same full page again', async () => {
    const page = { data: agents(50), pos: 0, total_count: 120 };
    const world = await startIsdp({
      simulation: around(huaweiIsdp, (request, answer) =>
        request.path === FIND ? json(200, { stateCode: '0', errorMessage: null, result: page }) : answer(),
      ),
    });

    const response = await world.call({ all: true });

    expect(idsOf(response)).toHaveLength(50);
    expect(response.body.meta).toMatchObject({ pages: 2, complete: false, stopped: 'repeated', nextPageStart: 2 });
  });

  it('begin at pageStart and have the caller’s size', async () => {
    const world = await startIsdp();

    const response = await world.call({ all: true, pageStart: 18, pageSize: 20 });

    expect(idsOf(response)).toEqual(Array.from({ length: 40 }, (_, index) => String(17813 + 360 + index)));
    expect(response.body.data.pos).toBe(18);
    expect(response.body.meta).toMatchObject({ pages: 2, complete: true });
  });

  it('are one empty one where the tenant has no agent', async () => {
    const world = await startIsdp({ simulation: (clock: SimulatorClock) => huaweiIsdp(clock, { agents: [] }) });

    const response = await world.call({ all: true });

    expect(response.body.data).toEqual({ data: [], pos: 0, total_count: 0 });
    expect(response.body.meta).toMatchObject({ pages: 1, complete: true });
  });

  it.each([
    ['340', ONLINE, 340],
    ['400', { all: true }, 400],
  ])('have each of %s agents once where rows move between them', async (_, input, count) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, vendorCase: 'moving-rows', times: 99 });

    const response = await world.call(input);

    const ids = idsOf(response);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
    expect(response.body.meta.complete).toBe(true);
  });

  it.each([
    ['the vendor caps its pages', 'capped-pages', {}, 20],
    ['the vendor caps its pages, and the first is not the first of the list', 'capped-pages', { pageStart: 5 }, 15],
    ['the vendor counts no rows', 'no-total', {}, 9],
    ['the vendor counts no rows, from the last page on', 'no-total', { pageStart: 7 }, 2],
    ['the first page is short, and the last', undefined, { pageStart: 13, pageSize: 30 }, 2],
  ])('are complete where %s', async (_, vendorCase, input: { pageStart?: number; pageSize?: number }, pages) => {
    const world = await startIsdp();
    if (vendorCase) world.vendor.fail({ path: FIND, vendorCase, times: 99 });
    const firstRow = (input.pageStart ?? 0) * (vendorCase === 'capped-pages' ? 20 : (input.pageSize ?? 50));

    const response = await world.call({ all: true, ...input });

    expect(idsOf(response)).toEqual(Array.from({ length: 400 - firstRow }, (_, row) => String(17813 + firstRow + row)));
    expect(response.body.meta).toMatchObject({ pages, complete: true });
    expect(requestsTo(world, FIND)).toHaveLength(pages);
  });

  it.each([
    ['the vendor leaves rows out that it counts', 'hidden-rows', 392, { pages: 9, stopped: 'empty' }],
    [
      'the vendor leaves rows out and refuses the page past the end',
      'refused-end',
      392,
      { pages: 8, stopped: 'refused' },
    ],
    ['the vendor gives 20 rows of each 50', 'capped-rows', 160, { pages: 9, stopped: 'empty' }],
  ])('are not called complete where %s', async (_, vendorCase, rows, meta) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, vendorCase, times: 99 });

    const response = await world.call({ all: true });

    expect(response.body.data).toMatchObject({ total_count: 400, data: { length: rows } });
    expect(response.body.meta).toMatchObject({ complete: false, ...meta });
  });

  it('are not called complete where rows were left out and the vendor counts none', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, body: JSON.stringify({ stateCode: '0', result: { data: agents(60) } }) });
    world.vendor.fail({ path: FIND, body: '{"stateCode":"0","result":{"data":[]}}' });

    const response = await world.call({ all: true });

    expect(idsOf(response)).toHaveLength(50);
    expect(response.body.meta).toMatchObject({ complete: false, stopped: 'empty', rowsLeftOut: 10 });
  });

  it('keep each row that has no id', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, vendorCase: 'null-fields', times: 99 });

    const response = await world.call(ONLINE);

    expect(response.body.data.data).toHaveLength(340);
  });

  it('end where the vendor gives its last page again and again', async () => {
    const page = { data: agents(50), pos: 0, total_count: 120 };
    const world = await startIsdp({
      simulation: around(huaweiIsdp, ({ path }, answer) =>
        path === FIND ? json(200, { stateCode: '0', result: page }) : answer(),
      ),
    });

    const response = await world.call({ all: true });

    expect(response.body.data.data).toHaveLength(50);
    expect(requestsTo(world, FIND).length).toBeLessThanOrEqual(3);
  });
});

describe('all pages stop early', () => {
  it('by time, where the next might not come before the end, and tell where to go on', async () => {
    const world = await slow(() => 3_000);

    const response = await world.call(ONLINE);

    // 14.7 s less three times 3 s leave 5.7 s: less than twice the slowest page.
    expect(response.status).toBe(200);
    expect(response.body.data.data).toHaveLength(150);
    expect(response.body.meta).toMatchObject({ pages: 3, complete: false, stopped: 'time', nextPageStart: 3 });
    expect(requestsTo(world, FIND)).toHaveLength(3);
  });

  it('by time, where one page never comes', async () => {
    const simulation = around(huaweiIsdp, (request, answer, clock) => {
      if (request.path !== FIND || pageOf(request) !== 2) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startIsdp({ simulation });

    const response = await world.call(ONLINE);

    expect(response.status).toBe(200);
    expect(response.body.data.data).toHaveLength(100);
    expect(response.body.meta).toMatchObject({ pages: 2, complete: false, stopped: 'time', nextPageStart: 2 });
    expect(world.outcomes[0]?.milliseconds).toBe(14_700);
  });

  it('by time, where a token has ended between two pages and none comes', async () => {
    let mints = 0;
    const simulation = around(huaweiIsdp, (request, answer, clock) => {
      if (request.path === TOKEN) mints += 1;
      if (request.path !== TOKEN || mints === 1) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startIsdp({ simulation });
    world.vendor.fail({ path: FIND, times: 2 });
    world.vendor.fail({ path: FIND, vendorCase: 'invalid-token-json' });

    const response = await world.call(ONLINE);

    expect(response.status).toBe(200);
    expect(response.body.meta).toMatchObject({ pages: 2, complete: false, stopped: 'time', nextPageStart: 2 });
  });

  it('by count, after a hundred, and go on from there', async () => {
    const world = await startIsdp();

    const first = await world.call({ ...ONLINE, pageSize: 1 });
    const second = await world.call({ ...ONLINE, pageSize: 1, pageStart: first.body.meta.nextPageStart });

    expect(first.body.meta).toMatchObject({ pages: 100, complete: false, stopped: 'pages', nextPageStart: 100 });
    expect(second.body.meta).toMatchObject({ pages: 100, complete: false, stopped: 'pages', nextPageStart: 200 });
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(200);
  });
});

describe('all pages fail', () => {
  it('where the first never comes', async () => {
    const world = await slow((page) => (page === 0 ? 14_700 : 0));

    const response = await world.call(ONLINE);

    expectProblem(response, { code: 'vendor-timeout', status: 504, retryable: true });
  });

  it.each([
    ['vendor-rejected', 422, { vendorCase: 'state-code' }],
    ['vendor-unavailable', 502, { vendorCase: 'html-502' }],
    ['vendor-contract-changed', 502, { status: 200, body: '{"stateCode":"0","result":{"data":{}}}' }],
  ] as const)('as %s where one of them does', async (code, status, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 2 });
    world.vendor.fail({ path: FIND, times: 9, ...fault });

    const response = await world.call(ONLINE);

    expectProblem(response, { code, status });
  });

  it('not where one of them has to be asked for again', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 2 });
    world.vendor.fail({ path: FIND, vendorCase: 'html-502' });
    world.vendor.fail({ path: FIND, vendorCase: 'invalid-token-200' });

    const response = await world.call(ONLINE);

    expect(response.body.data.data).toHaveLength(340);
    expect(response.body.meta).toMatchObject({ attempts: 9, pages: 7, complete: true });
  });
});
