import type { Reply } from '../admin/client.ts';
import { count, figure } from '../base/count.ts';

interface Page<Row> {
  readonly rows: Row[];
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

/** All pages of a list as one. Rows that go meanwhile may move others to a page that was fetched already. */
export async function allPages<Row>(fetchPage: (page: number) => Promise<Reply<Page<Row>>>): Promise<Reply<Page<Row>>> {
  const rows: Row[] = [];
  for (let page = 1; ; page += 1) {
    const reply = await fetchPage(page);
    if (!reply.ok) return reply;
    rows.push(...reply.value.rows);
    if (page >= reply.value.pages) return { ok: true, value: { rows, page: 1, pages: 1, total: rows.length } };
  }
}

/** `3 sessions`, or `200 of 9,000 sessions; --page 2 for more`. */
export function pageLine({ rows, page, pages, total }: Page<unknown>, noun: string): string {
  if (rows.length === total) return count(total, noun);
  const more = page < pages ? `; --page ${page + 1} for more` : '';
  return `${figure(rows.length)} of ${count(total, noun)}${more}`;
}
