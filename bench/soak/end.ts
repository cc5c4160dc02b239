import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pattern } from './pattern.ts';
import type { SendQueue } from './send-queue.ts';

/** How a connection ended for its reader. */
export type Ending = 'fin' | 'reset';

/** Milliseconds after which a session that waits counts as stuck: far longer than any stop of the gateway. */
const patience = 30_000;
const chunkSize = 64 * 1024;

/** One end of a session: sends its pattern, and checks every byte that comes by its position. */
export class End {
  readonly socket: Socket;
  /** Bytes that have come. */
  received = 0;
  /** The first byte that was wrong. */
  brokenAt: number | undefined;
  ending: Ending | undefined;
  /** Bytes of the pattern given to the socket. */
  sent = 0;
  readonly #name: string;
  readonly #sends: Pattern;
  readonly #expects: Pattern;
  readonly #unacknowledged: SendQueue;
  #watchers: (() => void)[] = [];

  /** `name` is for errors: `session 17's target`. */
  constructor(socket: Socket, name: string, sends: Pattern, expects: Pattern, unacknowledged: SendQueue) {
    this.socket = socket;
    this.#name = name;
    this.#sends = sends;
    this.#expects = expects;
    this.#unacknowledged = unacknowledged;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => {
      // Bytes and a reset that come in one turn show as 'end': a write of nothing fails then.
      if (socket.writableEnded) this.#end('fin');
      else socket.write(Buffer.alloc(0), (error) => this.#end(error ? 'reset' : 'fin'));
    });
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => this.#end('reset'));
  }

  /** Bytes of the session that have come. Called from outside for those that came with the greeting. */
  take(chunk: Buffer): void {
    this.brokenAt ??= this.#expects.mismatch(chunk, this.received);
    this.received += chunk.length;
    this.#notify();
  }

  /** Sends the next `count` bytes, at most `rate` bytes a second. Returns when the socket has them, or is closed. */
  async send(count: number, rate = Number.POSITIVE_INFINITY): Promise<void> {
    const { socket } = this;
    const begun = performance.now();
    for (let left = count; left > 0 && !socket.destroyed; ) {
      const bytes = this.#sends.bytes(this.sent, Math.min(left, chunkSize));
      this.sent += bytes.length;
      left -= bytes.length;
      if (!socket.write(bytes)) await this.#until('the socket taking more', () => !socket.writableNeedDrain);
      const ahead = begun + ((count - left) / rate) * 1000 - performance.now();
      if (ahead > 0) await delay(ahead);
    }
  }

  /** The same, and waits until the kernel has all of it: Node has no write under way any more. */
  async sendToKernel(count: number): Promise<void> {
    await this.send(count);
    await this.#poll('the kernel taking all', () => this.socket.writableLength === 0);
  }

  finish(): void {
    this.socket.end();
  }

  /** Resets the connection. Returns how many bytes were surely acknowledged, without those `before` the pattern. */
  reset(before = 0): number {
    const { socket } = this;
    const acknowledged = socket.bytesWritten - socket.writableLength - this.#unacknowledged(socket);
    socket.resetAndDestroy();
    return Math.max(0, acknowledged - before);
  }

  /** Waits until the other side's kernel has acknowledged all that was sent. */
  async acknowledged(): Promise<void> {
    const { socket } = this;
    await this.#poll('all acknowledged', () => socket.writableLength === 0 && this.#unacknowledged(socket) === 0);
  }

  async has(count: number): Promise<void> {
    await this.#until(`${count} bytes`, () => this.received >= count || this.ending !== undefined);
    if (this.received < count) throw this.#failure(`${count} bytes`);
  }

  async ended(): Promise<Ending> {
    await this.#until('an end', () => this.ending !== undefined);
    return this.ending ?? 'reset';
  }

  /** Throws unless exactly `count` bytes have come, all right, and then a FIN. */
  async endsClean(count: number): Promise<void> {
    const ending = await this.ended();
    this.expectBytes(count, count);
    if (ending !== 'fin') throw this.#failure(`a FIN after ${count} bytes`);
  }

  /** Throws unless at least `lowest` and at most `highest` bytes have come, and all were right. */
  expectBytes(lowest: number, highest: number): void {
    const fits = this.received >= lowest && this.received <= highest;
    if (!fits || this.brokenAt !== undefined) {
      throw this.#failure(lowest === highest ? `${lowest} bytes` : `${lowest} to ${highest} bytes`);
    }
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#notify();
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  /** For what has no event. */
  async #poll(what: string, holds: () => boolean): Promise<void> {
    const limit = Date.now() + patience;
    while (!this.socket.destroyed && !holds()) {
      if (Date.now() > limit) throw this.#failure(what);
      await delay(10);
    }
  }

  /** Looks again whenever something happens. Throws when too long nothing has come. */
  async #until(what: string, holds: () => boolean): Promise<void> {
    while (!holds() && !(this.socket.destroyed && this.ending !== undefined)) {
      const moved = await new Promise<boolean>((resolve) => {
        const stop = (moved: boolean): void => {
          clearTimeout(timer);
          this.socket.off('drain', look);
          resolve(moved);
        };
        const timer = setTimeout(stop, patience, false);
        const look = (): void => stop(true);
        this.#watchers.push(look);
        this.socket.on('drain', look);
      });
      if (!moved) throw this.#failure(what);
    }
  }

  #failure(wanted: string): Error {
    const broken = this.brokenAt === undefined ? '' : `, byte ${this.brokenAt} wrong`;
    const seen = `${this.received} bytes came${broken}, ${this.ending ?? 'no end'}, ${this.sent} sent`;
    return new Error(`${this.#name} cannot see ${wanted}: ${seen}`);
  }
}
