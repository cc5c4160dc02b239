/**
 * What it costs to decide whether a client is let in. No sockets: `src/policy/` alone,
 * with full lists and 100,000 sources that have a session each.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Ip, parseIp } from '../src/base/ip.ts';
import type { PlannedRules, PlannedScopeLimits, PlannedSourceLimits } from '../src/plan/plan.ts';
import { Admission, GlobalScope } from '../src/policy/admission.ts';
import type { Denial } from '../src/policy/denial.ts';
import { machineLine, thisMachine } from './report/machine.ts';
import { readable, type Summary, summarise } from './report/statistics.ts';

export interface AdmissionRow {
  readonly what: string;
  readonly unit: 'us' | 'bytes';
  readonly summary: Summary;
  /** What is promised, in the same unit. */
  readonly atMost?: number;
}

const rounds = 9;
const decisions = 40_000;
/** Clients that enter before the first of them leaves, so that nothing is still at hand then. */
const atOnce = 50;
const liveSources = 100_000;
/** In each of the two lists, half of them IPv4. */
const cidrs = 1_000;
/** Microseconds. */
const atMost = 4;

const perSource: PlannedSourceLimits = {
  sessions: 64,
  rate: { sessions: 20, per: 60_000, burst: 40 },
  ipv4Prefix: 32,
  ipv6Prefix: 64,
};

/** One kind of client, and the decision that it must get. */
interface Kind {
  readonly what: string;
  /** The n-th client of a round; any round may ask for any n. */
  readonly source: (n: number) => Ip;
  /** Milliseconds between two clients. */
  readonly step: number;
  readonly expected: Denial | undefined;
}

/** A decision is `enter`, and `leave` where it let the client in. Takes some ten seconds of CPU. */
export function measureAdmission(): readonly AdmissionRow[] {
  const inBoth = ({ what, ...kind }: Kind): Kind => ({ ...kind, what: `${what}, a service's own limits too` });
  return [
    ...timesOf(kinds, {}).map(({ what, seen }) => row({ what, unit: 'us', atMost }, seen)),
    ...timesOf(kinds.slice(0, 2).map(inBoth), { perSource }).map(({ what, seen }) => row({ what, unit: 'us' }, seen)),
    row({ what: 'heap of a live IPv4 source, one scope', unit: 'bytes' }, heapPerSource(ipv4Source)),
    row({ what: 'heap of a live IPv6 source, one scope', unit: 'bytes' }, heapPerSource(ipv6Source)),
  ];
}

/** Microseconds a decision in each round, beside 100,000 live sources; `own` are the limits beside the global ones. */
function timesOf(asked: readonly Kind[], own: PlannedScopeLimits): { what: string; seen: number[] }[] {
  const admission = new Admission(rules(own), new GlobalScope({ perSource }));
  for (let n = 0; n < liveSources / 2; n += 1) {
    admission.count(ipv4Source(n), 0);
    admission.count(ipv6Source(n), 0);
  }
  const clock = { now: 0 };
  const times = new Map(asked.map((kind): [Kind, number[]] => [kind, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const [kind, seen] of times) {
      const time = timeRound(admission, kind, clock);
      // The first two rounds are V8's, to compile.
      if (round >= 0) seen.push(time);
    }
  }
  return [...times].map(([{ what }, seen]) => ({ what, seen }));
}

export function admissionTable(rows: readonly AdmissionRow[]): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  return [
    machineLine(thisMachine()),
    `Admission: ${cidrs} CIDRs in allow and as many in deny, ${liveSources} live sources, limits on sessions and rate;`,
    `CPU, medians of ${rounds} rounds of ${decisions} decisions [lowest .. highest]`,
    '',
    ...rows.map(({ what, unit, summary: { median, min, max }, atMost: promised }) => {
      const figure = `${readable(median)} ${unit} [${readable(min)} .. ${readable(max)}]`;
      if (promised === undefined) return `  ${what.padEnd(width)}  ${figure}`;
      const verdict = median <= promised ? 'met' : 'MISSED';
      return `  ${what.padEnd(width)}  ${figure}  at most ${readable(promised)}  ${verdict}`;
    }),
    '',
  ].join('\n');
}

const random = generator(1);

const kinds: readonly Kind[] = [
  { what: 'IPv4, a live source', source: () => ipv4Source(half()), step: 1, expected: undefined },
  { what: 'IPv6, a live source', source: () => ipv6Source(half()), step: 1, expected: undefined },
  // As a flood comes: the oldest idle source makes room for each.
  { what: 'IPv4, a new source', source: newSource(ipv4Source), step: 0.001, expected: undefined },
  { what: 'IPv6, a new source', source: newSource(ipv6Source), step: 0.001, expected: undefined },
  { what: 'IPv4, denied by deny', source: () => denied(ipv4Source(half())), step: 1, expected: 'address' },
  { what: 'IPv6, denied by deny', source: () => denied(ipv6Source(half())), step: 1, expected: 'address' },
  { what: 'IPv4, denied by not being in allow', source: outsider, step: 1, expected: 'address' },
  {
    what: 'IPv4, over its rate',
    source: () => ipv4Source(liveSources + (half() % 100)),
    step: 0,
    expected: 'source rate',
  },
];

/** Microseconds of CPU a decision, garbage collection included: unlike time, it does not depend on other programs. */
function timeRound(admission: Admission, { what, source, step, expected }: Kind, clock: { now: number }): number {
  const clients = Array.from({ length: decisions }, (_, n) => source(n));
  const batches = Array.from({ length: decisions / atOnce }, (_, n) => clients.slice(n * atOnce, (n + 1) * atOnce));
  if (expected === 'source rate') spend(admission, clients, clock.now);
  let { now } = clock;
  let others = 0;
  const start = process.cpuUsage();
  for (const batch of batches) {
    for (const client of batch) {
      now += step;
      if (enter(admission, client, now) !== expected) others += 1;
    }
    if (expected !== undefined) continue;
    for (const client of batch) admission.leave(client, now);
  }
  const { user, system } = process.cpuUsage(start);
  if (others > 0) throw new Error(`Cannot measure "${what}": ${others} of ${decisions} clients got another decision`);
  clock.now = now;
  return (user + system) / decisions;
}

/** Takes all tokens of these clients. */
function spend(admission: Admission, clients: readonly Ip[], now: number): void {
  for (const client of new Set(clients))
    while (enter(admission, client, now) === undefined) admission.leave(client, now);
}

/** Admits a client where it may be admitted. */
function enter(admission: Admission, client: Ip, now: number): Denial | undefined {
  const denial = admission.check(client, now);
  if (denial === undefined) admission.count(client, now);
  return denial;
}

/** Bytes, one figure for each of three tables. */
function heapPerSource(source: (n: number) => Ip): number[] {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  return [1, 2, 3].map(() => {
    const admission = new Admission(
      { ...rules({ perSource }), access: { allow: ['0.0.0.0/0', '::/0'], deny: [] } },
      new GlobalScope({}),
    );
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < liveSources; n += 1) admission.count(source(n), 0);
    collect();
    const bytes = (process.memoryUsage().heapUsed - before) / admission.sessions;
    admission.leave(source(0), 1);
    return bytes;
  });
}

function row(about: Omit<AdmissionRow, 'summary'>, values: readonly number[]): AdmissionRow {
  const summary = summarise(values);
  if (summary === undefined) throw new Error(`Cannot measure "${about.what}": there was no round`);
  return { ...about, summary };
}

/** Networks that do not touch, so that none become one; a part of each allowed network is denied. */
function rules(own: PlannedScopeLimits): PlannedRules {
  const networks = Array.from({ length: cidrs / 2 }, (_, n) => 2 * n);
  const ipv4 = (n: number): string => `${20 + (n >>> 8)}.${n & 255}`;
  const ipv6 = (n: number): string => `2001:${n.toString(16)}`;
  return {
    access: {
      allow: networks.flatMap((n) => [`${ipv4(n)}.0.0/16`, `${ipv6(n)}::/32`]),
      deny: networks.flatMap((n) => [`${ipv4(n)}.255.0/24`, `${ipv6(n)}:ffff::/48`]),
    },
    limits: own,
    perListener: 1_000_000,
    timeouts: { dial: 1, dialTotal: 1, idle: 1, halfClosed: 1, keepAlive: 1, proxyHeader: 1 },
    acceptProxyFrom: [],
    dialFrom: [],
  };
}

/** The n-th source that is let in, in the n-th network, and round again; there are 32 million. */
function ipv4Source(n: number): number {
  const network = 2 * (n % (cidrs / 2));
  return (20 * 256 + network) * 65_536 + (Math.floor(n / (cidrs / 2)) % 65_000);
}

function ipv6Source(n: number): bigint {
  const network = 2 * (n % (cidrs / 2));
  return (0x2001n << 112n) + (BigInt(network) << 96n) + (BigInt(Math.floor(n / (cidrs / 2))) << 64n) + 1n;
}

/** In the denied part of the same network. */
function denied(source: Ip): Ip {
  return typeof source === 'number' ? source - (source % 65_536) + 0xff07 : source | (0xffffn << 80n);
}

function outsider(): Ip {
  return parseIp(`${100 + (half() % 100)}.1.2.${half() % 250}`) ?? 0;
}

/** New sources: each call one more, beyond those that are live or over their rate. */
function newSource(source: (n: number) => Ip): () => Ip {
  let n = 2 * liveSources;
  return () => {
    n += 1;
    return source(n);
  };
}

function half(): number {
  return Math.floor(random() * (liveSources / 2));
}

/** The same numbers in each run, from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
