import { isJsonObject, scalarText } from '../../lib/http/body.ts';
import type { Input, Walked, WalkLimits } from '../../lib/lookup.ts';
import { Problem } from '../../lib/problem.ts';
import { DeadlinePassed } from '../../lib/time/deadline.ts';

/** The vendor's default and maximum (api_01_0278): a page holds no more rows. */
const MAX_PAGE_SIZE = 50;
/** 5,000 agents. */
const MAX_PAGES = 100;
/** A next page is asked for only where the slowest so far would fit this often into the time that is left. */
const PAGE_TIME_FACTOR = 2;

interface PagedInput extends Input {
  readonly pageStart?: number | undefined;
  readonly pageSize?: number | undefined;
}

type Result = Readonly<Record<string, unknown>>;
type Ask = (input: Input) => Promise<unknown>;

/** One page, of which no more rows are kept than the vendor's page can hold: a million could outlast the function. */
export async function askPage(input: PagedInput, ask: Ask): Promise<Walked> {
  const { result, rowsLeftOut } = cut(await ask(input));
  return { result, meta: { ...(rowsLeftOut > 0 && { rowsLeftOut }) } };
}

/**
 * All pages from `pageStart` on, one after the other, as one result. The vendor may cap or filter pages, so a short page
 * says nothing of the next one: `total_count` or an empty page ends the list. No sort order is documented, so rows may
 * move between two pages: of rows with the same agentId the last one stands. `meta.complete` is false where agents may be
 * missing; `meta.stopped` says why and `meta.nextPageStart` where to go on.
 */
export async function walkPages(input: PagedInput, ask: Ask, limits: WalkLimits): Promise<Walked> {
  const { deadline } = limits;
  const pageSize = input.pageSize ?? MAX_PAGE_SIZE;
  const firstPage = input.pageStart ?? 0;
  const rows = new Map<unknown, unknown>();
  let last: Result = {};
  let largestPage = 0;
  let wasShort = false;
  let rowsLeftOut = 0;
  let slowestMs = 0;
  let bytes = 0;

  const finish = (pages: number, stopped?: 'time' | 'pages' | 'size' | 'repeated' | 'empty' | 'refused'): Walked => ({
    result: { ...last, pos: firstPage, data: [...rows.values()] },
    meta: {
      pages,
      complete: !stopped,
      ...(stopped && { stopped }),
      // Behind an empty page there is nothing to go on with.
      ...(stopped && stopped !== 'empty' && { nextPageStart: firstPage + pages }),
      ...(rowsLeftOut > 0 && { rowsLeftOut }),
    },
  });

  for (let pages = 0; ; pages += 1) {
    if (pages > 0 && deadline.left() < slowestMs * PAGE_TIME_FACTOR) return finish(pages, 'time');
    if (pages >= MAX_PAGES || (pages > 0 && !limits.takePage())) return finish(pages, 'pages');
    const leftBefore = deadline.left();
    try {
      const page = cut(await ask({ ...input, pageStart: firstPage + pages, pageSize }));
      bytes += limits.sizeOf(page.result);
      if (pages > 0 && bytes > limits.bytes) return finish(pages, 'size');
      last = page.result;
      rowsLeftOut += page.rowsLeftOut;
    } catch (error) {
      if (pages > 0 && isTimeout(error)) return finish(pages, 'time');
      // No page of the vendor's tells how it answers behind its last page.
      if (wasShort && isRefusal(error)) return finish(pages, 'refused');
      throw error;
    }
    slowestMs = Math.max(slowestMs, leftBefore - deadline.left());
    const page = last['data'] ?? [];
    if (!Array.isArray(page)) return { result: last, meta: { pages: pages + 1 } };
    const total = totalOf(last);
    if (page.length === 0) {
      const isEnd = total === undefined ? rowsLeftOut === 0 : firstPage * pageSize + rows.size >= total;
      return finish(pages + 1, isEnd ? undefined : 'empty');
    }
    const known = rows.size;
    for (const row of page) rows.set(rowKey(row), row);
    largestPage = Math.max(largestPage, page.length);
    wasShort = page.length < pageSize;
    // Where the vendor caps its pages, those before the first one were as short.
    if (total !== undefined && firstPage * largestPage + rows.size >= total) return finish(pages + 1);
    // A page of known rows: the vendor does not page on, and what else there is was not seen.
    if (rows.size === known) return finish(pages + 1, 'repeated');
    // Only a first page comes here with more: it is refused later, if it has no room at all.
    if (bytes > limits.bytes) return finish(pages + 1, 'size');
  }
}

function cut(answer: unknown): { readonly result: Result; readonly rowsLeftOut: number } {
  const result = isJsonObject(answer) ? answer : {};
  const rows = result['data'];
  if (!Array.isArray(rows) || rows.length <= MAX_PAGE_SIZE) return { result, rowsLeftOut: 0 };
  return {
    result: { ...result, data: rows.slice(0, MAX_PAGE_SIZE) },
    rowsLeftOut: rows.length - MAX_PAGE_SIZE,
  };
}

/** Rows without an id cannot be told apart: each is kept. */
function rowKey(row: unknown): unknown {
  const id = isJsonObject(row) ? row['agentId'] : undefined;
  return scalarText(id) ?? Symbol('row without an id');
}

/** It counts rows, not pages. */
function totalOf({ total_count: count }: Result): number | undefined {
  const total = typeof count === 'string' ? Number.parseInt(count, 10) : count;
  return typeof total === 'number' && !Number.isNaN(total) ? total : undefined;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'vendor-rejected' || error.code === 'not-found');
}

/** The time may also end while a token is renewed between two pages. */
function isTimeout(error: unknown): boolean {
  return error instanceof DeadlinePassed || (error instanceof Problem && error.code === 'vendor-timeout');
}
