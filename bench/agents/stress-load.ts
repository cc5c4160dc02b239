/** The clients of the stress run. */
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { StressClient } from './stress-client.ts';

export interface StressLoad {
  /** Opens sessions, each through the next listener in turn, and proves each. */
  open(params: { readonly listeners: readonly Endpoint[]; readonly count: number }): Promise<Proofs>;
  /** Connects clients that are expected to wait, and sends a proof each; resolves when all handshakes are complete. */
  queue(params: { readonly listeners: readonly Endpoint[]; readonly count: number }): Promise<null>;
  /** Proves every session that is open, again. */
  proveAll(params: null): Promise<Proofs>;
  /** As many of the oldest sessions leave as clients wait; the proofs are those of the clients that waited. */
  swap(params: null): Promise<Proofs>;
  /** All leave. */
  close(params: null): Promise<null>;
  /** May be asked while something else is going on. */
  counts(params: null): Promise<LoadCounts>;
}

/** Echoes that were asked for. */
export interface Proofs {
  /** From the first to the last. */
  readonly seconds: number;
  /** Those that came, and were right. */
  readonly right: number;
  /** The first that was not. */
  readonly failure?: string;
}

interface LoadCounts {
  /** Sessions that are open and have been proven. */
  readonly proven: number;
  /** Clients that are connected, but not proven. */
  readonly waiting: number;
  /** The first failure of a client that waits. */
  readonly failure?: string;
}

/** Handshakes going on at once: below the listen backlog (511) even when all go through one listener. */
const atOnce = 128;
/** Echoes under way at once when all sessions are proven. */
const proofsAtOnce = 512;
/** Milliseconds for one handshake or echo, at worst, on a busy machine. */
const patience = 30_000;

let proven: StressClient[] = [];
let waiting: { readonly client: StressClient; readonly served: Promise<void> }[] = [];
let failure: string | undefined;
let nextNumber = 0;

serve<StressLoad>({
  open: ({ listeners, count }) =>
    proofs(count, atOnce, async () => {
      const client = next(listeners);
      await within(client.prove());
      proven.push(client);
    }),
  async queue({ listeners, count }) {
    await inParallel(atOnce, count, async () => {
      const client = next(listeners);
      const served = client.prove();
      served.catch((error: Error) => {
        failure ??= error.message;
      });
      waiting.push({ client, served });
      const end = Date.now() + patience;
      while (!client.connected && failure === undefined && Date.now() < end) await delay(5);
    });
    return null;
  },
  proveAll() {
    let at = 0;
    return proofs(proven.length, proofsAtOnce, async () => {
      const client = proven[at++];
      if (client !== undefined) await within(client.prove());
    });
  },
  async swap() {
    const incoming = waiting;
    waiting = [];
    const leaving = proven.splice(0, incoming.length).map((client) => client.leave());
    let at = 0;
    const served = await proofs(incoming.length, incoming.length, async () => {
      const next = incoming[at++];
      if (next === undefined) return;
      await within(next.served);
      proven.push(next.client);
    });
    await within(Promise.all(leaving));
    return served;
  },
  async close() {
    const leaving = proven.map((client) => client.leave());
    proven = [];
    await within(Promise.all(leaving));
    return null;
  },
  async counts() {
    const alive = waiting.filter(({ client }) => client.alive).length;
    return { proven: proven.length, waiting: alive, ...(failure === undefined ? {} : { failure }) };
  },
});

function next(listeners: readonly Endpoint[]): StressClient {
  const number = nextNumber++;
  const listener = listeners[number % listeners.length];
  if (listener === undefined) throw new Error('Cannot open a session: no listener was given');
  return new StressClient(listener, number);
}

/** Runs `task` `count` times, `width` at once. */
async function inParallel(width: number, count: number, task: () => Promise<void>): Promise<void> {
  let started = 0;
  async function worker(): Promise<void> {
    while (started < count) {
      started += 1;
      await task();
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
}

/** Counts what goes right and keeps what goes wrong first: the parent decides what a failure means. */
async function proofs(count: number, width: number, prove: () => Promise<void>): Promise<Proofs> {
  const begun = performance.now();
  let right = 0;
  let first: string | undefined;
  await inParallel(width, count, async () => {
    // After a failure the rest would only add its time-outs.
    if (first !== undefined) return;
    try {
      await prove();
      right += 1;
    } catch (error) {
      first ??= error instanceof Error ? error.message : String(error);
    }
  });
  return { seconds: (performance.now() - begun) / 1000, right, ...(first === undefined ? {} : { failure: first }) };
}

async function within<T>(promise: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = delay(patience, undefined, { signal: done.signal }).then(
    () => Promise.reject(new Error(`Cannot go on: a client had no answer within ${patience / 1000} s`)),
    () => undefined as never,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}
