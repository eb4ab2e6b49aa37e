import { isJsonObject } from '../../lib/http/body.ts';
import type { Input, Walked } from '../../lib/lookup.ts';
import { Problem } from '../../lib/problem.ts';
import { type Deadline, DeadlinePassed } from '../../lib/time/deadline.ts';

/** The vendor's default and maximum (api_01_0278). */
const MAX_PAGE_SIZE = 50;
/** 5,000 agents: what stays below the 6 MB that Lambda lets an answer have. */
const MAX_PAGES = 100;
/** A next page is asked for only where the slowest so far would fit this often into the time that is left. */
const PAGE_TIME_FACTOR = 2;

interface PagedInput extends Input {
  readonly pageStart?: number | undefined;
  readonly pageSize?: number | undefined;
}

/**
 * All pages from `pageStart` on, one after the other, as one result. No sort order is documented, so rows may move
 * between two pages: of rows with the same agentId the last one stands. `meta.complete` is false where it stopped
 * early; `meta.stopped` says why and `meta.nextPageStart` where to go on.
 */
export async function walkPages(
  input: PagedInput,
  ask: (input: Input) => Promise<unknown>,
  deadline: Deadline,
): Promise<Walked> {
  const pageSize = input.pageSize ?? MAX_PAGE_SIZE;
  const firstPage = input.pageStart ?? 0;
  const rows = new Map<unknown, unknown>();
  let last: Readonly<Record<string, unknown>> = {};
  let slowestMs = 0;

  const finish = (pages: number, stopped?: 'time' | 'pages' | 'repeated'): Walked => ({
    result: { ...last, pos: firstPage, data: [...rows.values()] },
    meta: { pages, complete: !stopped, ...(stopped && { stopped, nextPageStart: firstPage + pages }) },
  });

  for (let pages = 0; ; pages += 1) {
    if (pages >= MAX_PAGES) return finish(pages, 'pages');
    if (pages > 0 && deadline.left() < slowestMs * PAGE_TIME_FACTOR) return finish(pages, 'time');
    const leftBefore = deadline.left();
    try {
      last = toPage(await ask({ ...input, pageStart: firstPage + pages, pageSize }));
    } catch (error) {
      if (pages > 0 && isTimeout(error)) return finish(pages, 'time');
      throw error;
    }
    slowestMs = Math.max(slowestMs, leftBefore - deadline.left());
    const page = last['data'] ?? [];
    if (!Array.isArray(page)) return { result: last, meta: { pages: pages + 1 } };
    const known = rows.size;
    for (const row of page) rows.set(rowKey(row), row);
    const isShort = page.length < pageSize;
    if (isShort || hasAll(firstPage * pageSize + rows.size, last['total_count'])) return finish(pages + 1);
    // A full page of known rows: the vendor does not page on, and what else there is was not seen.
    if (rows.size === known) return finish(pages + 1, 'repeated');
  }
}

function toPage(result: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(result) ? result : {};
}

/** Rows without an id cannot be told apart: each is kept. */
function rowKey(row: unknown): unknown {
  const id = isJsonObject(row) ? row['agentId'] : undefined;
  return id === null || id === undefined ? Symbol('row without an id') : String(id);
}

/** Counts rows, not pages: where rows move, a page repeats some and the last one comes later. */
function hasAll(rows: number, totalCount: unknown): boolean {
  const total = typeof totalCount === 'string' ? Number.parseInt(totalCount, 10) : totalCount;
  return typeof total === 'number' && rows >= total;
}

/** The time may also end while a token is renewed between two pages. */
function isTimeout(error: unknown): boolean {
  return error instanceof DeadlinePassed || (error instanceof Problem && error.code === 'vendor-timeout');
}
