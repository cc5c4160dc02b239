import type { Check } from '../stress/climb.ts';
import type { Book, Entry } from './book.ts';
import type { ClosedSession, Records } from './records.ts';

/** Complaints that are shown of one check. */
const shown = 5;

/** Holds the gateway's log against what every session knows of itself. */
export function compareRecords(book: Book, records: Records): Check[] {
  const { closed, dropped, opened } = records;
  const ids = new Set(closed.map(({ id }) => id));
  const highest = Math.max(0, ...ids, ...opened);
  const missing = highest - ids.size;
  const complaints = mismatches(book.entries, closed, dropped);
  const internal = closed.filter(({ reason }) => reason === 'internal');
  return [
    {
      what: 'each accepted session has one record, but for lines that the gateway reports as dropped',
      holds: ids.size === closed.length && missing <= dropped && opened.size + dropped >= highest,
      seen: `${highest} accepted, ${closed.length} records, ${dropped} lines dropped`,
    },
    {
      what: 'each record agrees with its session: reason and bytes',
      holds: complaints.length === 0,
      seen: complaints.length === 0 ? `${closed.length} compared` : listed(complaints),
    },
    { what: 'no session ended by a bug', holds: internal.length === 0, seen: `${internal.length} internal` },
    {
      what: 'no errors in the log, and nothing but JSON',
      holds: records.errors.length + records.stray.length === 0,
      seen: listed([...records.errors, ...records.stray]) || 'none',
    },
  ];
}

/** The first of many complaints, on lines of their own. */
export function listed(complaints: readonly string[]): string {
  const more = complaints.length > shown ? [`and ${complaints.length - shown} more`] : [];
  const lines = [...complaints.slice(0, shown), ...more];
  return lines.length < 2 ? lines.join('') : lines.map((line) => `\n            ${line}`).join('');
}

function mismatches(entries: readonly Entry[], closed: readonly ClosedSession[], dropped: number): string[] {
  // A port may be used again by a later client: sessions and records of one way belong together in their order.
  const left = new Map<string, ClosedSession[]>();
  for (const record of [...closed].sort((a, b) => a.id - b.id)) {
    const way = `${record.listener} ${record.client}`;
    left.set(way, [...(left.get(way) ?? []), record]);
  }
  const complaints: string[] = [];
  let without = 0;
  const candidatesOf = ({ listener, client }: Entry): ClosedSession[] => left.get(`${listener} ${client}`) ?? [];
  const unmatched = entries.filter((entry) => {
    if (entry.client === undefined) return false;
    const candidates = candidatesOf(entry);
    const at = candidates.findIndex((record) => complaint(entry, record) === undefined);
    if (at !== -1) candidates.splice(at, 1);
    return at === -1 && entry.record === 'there';
  });
  // Only now: a session whose line was dropped must not take the record of a later one of the same way.
  for (const entry of unmatched) {
    const [record] = candidatesOf(entry).splice(0, 1);
    if (record === undefined) without += 1;
    else complaints.push(`${nameOf(entry)}: ${complaint(entry, record)}`);
  }
  const unclaimed = [...left.values()].flat();
  for (const entry of entries.filter(({ client }) => client === undefined)) {
    const at = unclaimed.findIndex(
      (record) => record.listener === entry.listener && complaint(entry, record) === undefined,
    );
    if (at !== -1) unclaimed.splice(at, 1);
    else without += 1;
  }
  if (without > dropped) complaints.push(`${without} sessions have no record, ${dropped} lines were dropped`);
  // A client that was reset before it was accepted has no address any more.
  const nobodys = unclaimed.filter(({ reason }) => reason !== 'client reset');
  complaints.push(...nobodys.map((record) => `a record belongs to no session: ${JSON.stringify(record)}`));
  return complaints;
}

/** What does not fit. */
function complaint({ reasons, bytes }: Entry, record: ClosedSession): string | undefined {
  if (!reasons.includes(record.reason)) return `'${record.reason}' instead of '${reasons.join(`' or '`)}'`;
  if (bytes === undefined) return undefined;
  const { bytesToTarget, bytesToClient } = record;
  if (bytes.toTarget === bytesToTarget && bytes.toClient === bytesToClient) return undefined;
  return `${bytesToTarget} and ${bytesToClient} bytes instead of ${bytes.toTarget} and ${bytes.toClient}`;
}

function nameOf({ kind, number, listener, client }: Entry): string {
  return `${kind}, session ${number} (${client} to ${listener})`;
}
