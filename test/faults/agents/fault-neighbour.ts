/** Sessions that must not notice a fault: each sends a piece, checks every byte of its echo, pauses, and goes on. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { PatternCheck, patternBlock } from '../../../bench/agents/pattern.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface FaultNeighbour {
  /** Resolves when every session has had its first echo. */
  start(params: NeighbourParams): Promise<null>;
  /** Round trips since the last look. */
  look(params: null): Promise<Trips>;
  /** Every session sends its FIN after the echo that is due, and waits for the one that comes back. */
  finish(params: null): Promise<Balance>;
}

export interface NeighbourParams {
  readonly to: Endpoint;
  readonly sessions: number;
  /** Bytes in a piece; a power of two up to 256 KiB. */
  readonly size: number;
  /** Milliseconds between an echo and the next piece. */
  readonly pause: number;
}

export interface Trips {
  readonly trips: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Balance {
  readonly sent: number;
  readonly received: number;
  /** The first thing that went wrong. */
  readonly failure?: string;
}

/** Milliseconds that an echo may take at worst; longer than any fault lasts. */
const patience = 60_000;
const times = createHistogram();
let sessions: Neighbour[] = [];

class Neighbour {
  readonly check: PatternCheck = new PatternCheck();
  sent = 0;
  failure: string | undefined;
  readonly #socket: Socket;
  readonly #params: NeighbourParams;
  #last: 'no' | 'the next piece' = 'no';
  #wake: () => void = () => {};

  constructor(params: NeighbourParams) {
    this.#params = params;
    this.#socket = connect({ host: params.to.host, port: params.to.port, noDelay: true, allowHalfOpen: true });
    this.#socket.on('data', (chunk) => {
      this.check.take(chunk, chunk.length);
      if (this.check.received === this.sent) this.#wake();
    });
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.once('end', () => {
      if (this.#socket.writable) this.#fail('it was closed from the other side');
    });
  }

  /** One piece there and back. */
  async trip(): Promise<void> {
    const { size } = this.#params;
    const echoed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const at = this.sent % patternBlock.length;
    const started = process.hrtime.bigint();
    this.sent += size;
    this.#socket.write(patternBlock.subarray(at, at + size));
    await this.#within(echoed);
    if (this.failure === undefined) times.record(process.hrtime.bigint() - started);
    if (this.check.brokenAt !== undefined) this.#fail(`byte ${this.check.brokenAt} came back wrong`);
  }

  async talk(): Promise<void> {
    while (this.#last === 'no' && this.failure === undefined) {
      await this.trip();
      if (this.#params.pause > 0) await delay(this.#params.pause);
    }
  }

  async finish(talk: Promise<void>): Promise<void> {
    this.#last = 'the next piece';
    await talk;
    if (this.failure === undefined) {
      const ended = once(this.#socket, 'end').then(() => {});
      this.#socket.end();
      await this.#within(ended);
    }
    this.#socket.destroy();
  }

  /** Waits for it, but no longer than anybody may, nor after a failure. */
  async #within(what: Promise<void>): Promise<void> {
    const done = new AbortController();
    const late = delay(patience, undefined, { signal: done.signal }).then(
      () => this.#fail(`nothing came for ${patience / 1000} s`),
      () => {},
    );
    await Promise.race([what.catch(() => {}), late]);
    done.abort();
  }

  #fail(why: string): void {
    this.failure ??= `${why} after ${this.check.received} bytes`;
    this.#socket.destroy();
    this.#wake();
  }
}

let talks: Promise<void>[] = [];

serve<FaultNeighbour>({
  async start(params) {
    sessions = Array.from({ length: params.sessions }, () => new Neighbour(params));
    await Promise.all(sessions.map((session) => session.trip()));
    const failure = sessions.find((session) => session.failure !== undefined)?.failure;
    if (failure !== undefined) throw new Error(`Cannot start a neighbour: ${failure}`);
    times.reset();
    talks = sessions.map((session) => session.talk());
    return null;
  },
  async look() {
    const { count, max } = times;
    const look = { trips: count, p50: times.percentile(50) / 1e6, p99: times.percentile(99) / 1e6, max: max / 1e6 };
    times.reset();
    return look;
  },
  async finish() {
    await Promise.all(sessions.map((session, index) => session.finish(talks[index] ?? Promise.resolve())));
    const sum = (of: (session: Neighbour) => number): number =>
      sessions.reduce((total, session) => total + of(session), 0);
    const failure = sessions.find((session) => session.failure !== undefined)?.failure;
    return {
      sent: sum(({ sent }) => sent),
      received: sum(({ check }) => check.received),
      ...(failure === undefined ? {} : { failure }),
    };
  },
});
