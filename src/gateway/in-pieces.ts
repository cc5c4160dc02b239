import { setImmediate as nextTurn } from 'node:timers/promises';

/** Items in a piece: less than a millisecond for what is done with sessions. */
const piece = 256;

/** Calls `visit` with each item. The rest of the loop has its turn after each 256 of them. */
export async function inPieces<T>(items: readonly T[], visit: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += piece) {
    if (from > 0) await nextTurn();
    for (const item of items.slice(from, from + piece)) visit(item);
  }
}

/** One page of rows; pages count from 1. */
export function pageOfRows<T>(
  rows: readonly T[],
  page: number,
  size: number,
): { rows: T[]; page: number; pages: number; total: number } {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  return { rows: rows.slice((page - 1) * size, page * size), page, pages, total: rows.length };
}
