/** Clients of a listener that a fault is about. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { PatternCheck, patternBlock } from '../../../bench/agents/pattern.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface FaultClients {
  /** Each connects to the next listener, sends 16 bytes, and counts what came of it; one that gets its echo ends. */
  attempt(params: AttemptParams): Promise<Outcomes>;
  /** Connects clients that send nothing, and keeps them. */
  connect(params: {
    readonly to: readonly Endpoint[];
    readonly count: number;
    /** The address that all come from; the system's choice where it is left out. */
    readonly from?: string;
  }): Promise<null>;
  /** Clients that reset as soon as they are connected, one after the other. */
  touch(params: { readonly to: Endpoint; readonly count: number }): Promise<null>;
  /** Each client that is kept sends so many bytes. */
  say(params: { readonly bytes: number }): Promise<null>;
  /** What has become of those: `open`, `closed`, or an errno name. */
  kept(params: null): Promise<Readonly<Record<string, number>>>;
  leave(params: { readonly by: 'reset' | 'FIN' }): Promise<null>;
  /** Reads until the end what the target sends, while it answers the first piece of `first` bytes with one byte. */
  read(params: { readonly to: Endpoint; readonly count: number; readonly first: number }): Promise<readonly Reading[]>;
  /** Sends as much as is taken, up to `bytes`; `sent` returns how far it is. */
  pour(params: { readonly to: Endpoint; readonly bytes: number }): Promise<null>;
  sent(params: null): Promise<{ readonly bytes: number; readonly failure?: string }>;
}

interface AttemptParams {
  readonly to: readonly Endpoint[];
  readonly count: number;
  readonly atOnce: number;
  /** Milliseconds after which an attempt is given up as `no answer`. */
  readonly patience: number;
  /** How one that got its echo ends; a reset where it is left out. */
  readonly end?: 'reset' | 'FIN';
  /** Most that begin in a second; as many as can where it is left out. */
  readonly perSecond?: number;
}

export interface Outcomes {
  /** `echo`, `closed`, `no answer`, an errno name, or what the target sent. */
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds of the attempt that took longest, and of the one in the middle. */
  readonly longest: number;
  readonly median: number;
  readonly seconds: number;
}

export interface Reading {
  readonly bytes: number;
  readonly end: string;
  readonly brokenAt?: number;
}

const piece = 64 * 1024;
/** Handshakes at once: below any sensible listen backlog. */
const handshakes = 128;
let kept: Socket[] = [];
const ends = new Map<Socket, string>();
const pouring = { bytes: 0, failure: undefined as string | undefined };

serve<FaultClients>({
  async attempt({ to, count, atOnce, patience, end = 'reset', perSecond }) {
    const counts: Record<string, number> = {};
    const begun = performance.now();
    const times: number[] = [];
    await inParallel(atOnce, count, async (number) => {
      const wait = perSecond === undefined ? 0 : begun + (1_000 * number) / perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const started = performance.now();
      const outcome = await attempt(listenerOf(to, number), patience, end);
      times.push(performance.now() - started);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    });
    times.sort((a, b) => a - b);
    const [longest, median] = [times.at(-1) ?? 0, times[times.length >> 1] ?? 0];
    return { counts, longest, median, seconds: (performance.now() - begun) / 1_000 };
  },
  async connect({ to, count, from }) {
    await inParallel(handshakes, count, async (number) => {
      const { host, port } = listenerOf(to, number);
      const socket = connect({ host, port, noDelay: true, ...(from !== undefined && { localAddress: from }) });
      kept.push(socket);
      socket.on('error', (error) => ends.set(socket, nameOf(error)));
      socket.once('end', () => ends.set(socket, 'closed'));
      socket.resume();
      await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
    });
    return null;
  },
  async touch({ to, count }) {
    for (let number = 0; number < count; number += 1) {
      const socket = connect({ host: to.host, port: to.port, noDelay: true });
      socket.on('error', () => {});
      socket.once('connect', () => socket.resetAndDestroy());
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    }
    return null;
  },
  async say({ bytes }) {
    for (const socket of kept) socket.write(patternBlock.subarray(0, bytes));
    return null;
  },
  async kept() {
    const counts: Record<string, number> = {};
    for (const socket of kept) {
      const state = ends.get(socket) ?? (socket.destroyed ? 'closed' : 'open');
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  },
  async leave({ by }) {
    for (const socket of kept) {
      if (by === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
    kept = [];
    ends.clear();
    return null;
  },
  async read({ to, count, first }) {
    return await Promise.all(Array.from({ length: count }, () => readAll(to, first)));
  },
  async pour({ to, bytes }) {
    const socket = connect({ host: to.host, port: to.port });
    kept.push(socket);
    socket.on('error', (error) => {
      pouring.failure ??= nameOf(error);
    });
    await once(socket, 'connect');
    void pour(socket, bytes);
    return null;
  },
  async sent() {
    const { bytes, failure } = pouring;
    return { bytes, ...(failure === undefined ? {} : { failure }) };
  },
});

function listenerOf(to: readonly Endpoint[], number: number): Endpoint {
  const listener = to[number % to.length];
  if (listener === undefined) throw new Error('Cannot connect: no listener was given');
  return listener;
}

function attempt({ host, port }: Endpoint, patience: number, end: 'reset' | 'FIN'): Promise<string> {
  return new Promise((resolve) => {
    const proof = randomBytes(16).toString('hex');
    const socket = connect({ host, port, noDelay: true });
    let received = '';
    const settle = (outcome: string): void => {
      clearTimeout(timer);
      resolve(outcome);
      // Without TIME_WAIT, so that many attempts do not use up the ports of this machine.
      socket.resetAndDestroy();
    };
    const timer = setTimeout(() => settle('no answer'), patience);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (received !== proof) return;
      if (end === 'reset') settle('echo');
      else socket.end();
    });
    socket.on('error', (error) => settle(nameOf(error)));
    socket.once('close', () => settle(received === proof ? 'echo' : received === '' ? 'closed' : received));
    socket.write(proof);
  });
}

function readAll({ host, port }: Endpoint, first: number): Promise<Reading> {
  return new Promise((resolve) => {
    const check = new PatternCheck();
    const socket = connect({ host, port, noDelay: true });
    let end = 'FIN';
    socket.on('data', (chunk) => {
      const before = check.received;
      check.take(chunk, chunk.length);
      if (before < first && check.received >= first) socket.write('x');
    });
    socket.on('error', (error) => {
      end = nameOf(error);
    });
    socket.once('close', () => {
      const broken = check.brokenAt;
      resolve({ bytes: check.received, end, ...(broken === undefined ? {} : { brokenAt: broken }) });
    });
  });
}

/** A piece counts as sent when the kernel has all of it. */
async function pour(socket: Socket, bytes: number): Promise<void> {
  while (pouring.bytes < bytes && !socket.destroyed) {
    const at = pouring.bytes % patternBlock.length;
    await new Promise<void>((resolve) => {
      socket.write(patternBlock.subarray(at, at + piece), () => resolve());
    });
    if (!socket.destroyed) pouring.bytes += piece;
  }
}

function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/** Runs `task` `count` times, `width` at once. */
async function inParallel(width: number, count: number, task: (number: number) => Promise<void>): Promise<void> {
  let started = 0;
  async function worker(): Promise<void> {
    while (started < count) await task(started++);
  }
  await Promise.all(Array.from({ length: width }, worker));
}
