import type { Answer } from '../admin/control.ts';
import { type Ended, pageSize, type SessionFilter, type SessionPage, type SessionQuery } from '../admin/schemas.ts';
import { parseIp } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import type { SessionSnapshot } from '../session/session-events.ts';
import type { LiveSession, SessionTable } from '../session/session-table.ts';
import { inPieces, pageOfRows } from './in-pieces.ts';

type Row = SessionPage['rows'][number];

/** The live sessions that fit a query, sorted: a page of them. */
export async function pageOfSessions(table: SessionTable, query: SessionQuery): Promise<Answer<SessionPage>> {
  const { sort, order, page, ...filter } = query;
  const fits = sessionFilter(filter);
  if (fits === undefined) return { ok: false, refusal: badClient(filter) };
  const found: SessionSnapshot[] = [];
  await inPieces(table.live(), (session) => {
    const snapshot = fits(session);
    if (snapshot !== undefined) found.push(snapshot);
  });
  const compare = comparisons[sort];
  const sign = order === 'asc' ? 1 : -1;
  found.sort((a, b) => sign * (compare(a, b) || a.id - b.id));
  const { rows, ...counts } = pageOfRows(found, page, pageSize);
  return { ok: true, value: { rows: rows.map(rowOf), ...counts } };
}

/** Ends the live sessions that fit a filter as `killed`. */
export async function endSessions(table: SessionTable, filter: SessionFilter): Promise<Answer<Ended>> {
  const given = Object.values(filter).filter((value) => value !== undefined);
  if (given.length === 0) {
    const detail =
      'Cannot end all sessions: the filter is empty; name at least one of id, service, host, client, target';
    return { ok: false, refusal: { status: 400, detail } };
  }
  const fits = sessionFilter(filter);
  if (fits === undefined) return { ok: false, refusal: badClient(filter) };
  let ended = 0;
  await inPieces(table.live(), (session) => {
    if (fits(session) === undefined) return;
    session.kill('killed');
    ended += 1;
  });
  if (ended === 0 && filter.id !== undefined) {
    const detail = `Cannot end session ${filter.id}: there is no such session; it may have ended already`;
    return { ok: false, refusal: { status: 404, detail } };
  }
  return { ok: true, value: { ended } };
}

const comparisons: Readonly<Record<SessionQuery['sort'], (a: SessionSnapshot, b: SessionSnapshot) => number>> = {
  id: (a, b) => a.id - b.id,
  age: (a, b) => b.started - a.started,
  bytes: (a, b) => a.bytesToTarget + a.bytesToClient - b.bytesToTarget - b.bytesToClient,
  client: (a, b) => (a.client < b.client ? -1 : Number(a.client > b.client)),
  host: (a, b) => (a.host ?? -1) - (b.host ?? -1),
  service: (a, b) => (a.service < b.service ? -1 : Number(a.service > b.service)),
};

/** What is cheap to check comes first; the snapshot of a session that fits. `undefined`: `client` cannot be read. */
function sessionFilter(filter: SessionFilter): ((session: LiveSession) => SessionSnapshot | undefined) | undefined {
  const client = filter.client === undefined ? () => true : clientFilter(filter.client);
  if (client === undefined) return undefined;
  const { id, service, host, target, state } = filter;
  return (session) => {
    // It has ended since the list was taken, or is about to.
    if (session.reason !== undefined) return undefined;
    const { listener } = session;
    if (id !== undefined && session.id !== id) return undefined;
    if (service !== undefined && listener.name !== service) return undefined;
    if (host !== undefined && listener.host !== host) return undefined;
    const snapshot = session.snapshot();
    if (state !== undefined && snapshot.state !== state) return undefined;
    if (target !== undefined && snapshot.target !== target && hostOf(snapshot.target) !== target) return undefined;
    return client(snapshot.client) ? snapshot : undefined;
  };
}

/** By `address:port`, an address, or a network in CIDR notation. */
function clientFilter(text: string): ((client: string) => boolean) | undefined {
  if (parseIp(text) === undefined && !text.includes('/')) {
    return /:\d+$/.test(text) ? (client) => client === text : undefined;
  }
  try {
    const networks = IpSet.of([text]);
    return (client) => {
      const ip = parseIp(hostOf(client));
      return ip !== undefined && networks.has(ip);
    };
  } catch {
    return undefined;
  }
}

/** `10.0.0.5:80` -> `10.0.0.5`, `[fd00::5]:80` -> `fd00::5`. */
function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function badClient({ client }: SessionFilter) {
  const detail = `Cannot find clients ${client}: write an address, address:port, or a network like 203.0.113.0/24`;
  return { status: 400, detail } as const;
}

function rowOf({ started, host, ...session }: SessionSnapshot): Row {
  return {
    ...session,
    ...(host !== undefined && { host }),
    startedAt: new Date(started).toISOString(),
    ageMs: Math.max(0, Math.round(Date.now() - started)),
  };
}
