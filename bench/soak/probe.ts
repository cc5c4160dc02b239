import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Entry } from './book.ts';

/** Milliseconds between two pings. */
const every = 100;

/**
 * A byte there and back every 100 ms. Its round trip stands for the delay of the gateway's loop, which cannot be seen
 * from outside. The probe shares its process with all traffic, so that its own delay is in the figure, too. A second
 * probe that goes past the gateway shows how much that is.
 */
export class Probe {
  /** Milliseconds; the longest since it was last asked for, the time of a ping that is out included. */
  #longest = 0;
  #out: number | undefined;
  #wrong: string | undefined;
  #count = 0;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('end', () => this.#fail('it was ended'));
    this.#timer = setInterval(() => this.#ping(), every);
  }

  static async open(at: Endpoint, entry?: Entry): Promise<Probe> {
    const socket = connect({ ...at, noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    if (entry !== undefined) {
      entry.listener = `${at.host}:${at.port}`;
      entry.client = `${socket.localAddress}:${socket.localPort}`;
    }
    return new Probe(socket);
  }

  /** The longest round trip since the last call, milliseconds. */
  longest(): number {
    const pending = this.#out === undefined ? 0 : performance.now() - this.#out;
    const longest = Math.max(this.#longest, pending);
    this.#longest = 0;
    return longest;
  }

  /** Ends the session. Throws what went wrong meanwhile. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    // Bounded, whatever has become of the gateway.
    this.#socket.setTimeout(10_000, () => this.#socket.destroy(new Error('it does not end')));
    this.#socket.removeAllListeners('end');
    if (this.#socket.closed) throw new Error(this.#wrong ?? 'it was closed');
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.end();
    await closed;
    if (this.#wrong !== undefined) throw new Error(this.#wrong);
  }

  #ping(): void {
    if (this.#out !== undefined || this.#socket.destroyed) return;
    this.#out = performance.now();
    this.#count += 1;
    this.#socket.write(Buffer.of(this.#count & 0xff));
  }

  #take(bytes: Buffer): void {
    if (bytes.length !== 1 || bytes[0] !== (this.#count & 0xff)) this.#fail('a wrong byte came');
    if (this.#out !== undefined) this.#longest = Math.max(this.#longest, performance.now() - this.#out);
    this.#out = undefined;
  }

  #fail(why: string): void {
    this.#wrong ??= why;
  }
}
