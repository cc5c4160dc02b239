import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from './endpoint.ts';

/** Bytes of one proof: a session's own number and random ones, so that no other session's echo can pass for it. */
const proofLength = 16;

/** One client of the stress run. It is proven when exactly the bytes that it sent have come back. */
export class StressClient {
  readonly #socket: Socket;
  readonly #number: number;
  #connected = false;
  #leaving = false;
  #expected: Buffer = Buffer.alloc(0);
  #proven: () => void = () => {};
  #failed: (error: Error) => void = () => {};
  #failure: Error | undefined;

  constructor(to: Endpoint, number: number) {
    this.#number = number;
    this.#socket = connect({ host: to.host, port: to.port, noDelay: true });
    this.#socket.once('connect', () => {
      this.#connected = true;
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.once('close', () => this.#fail(new Error('it was closed')));
  }

  /** The kernel has completed the handshake; whether anybody serves this client is another matter. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Connected, and neither reset nor closed since. */
  get alive(): boolean {
    return this.#connected && this.#failure === undefined;
  }

  /** Sends a new proof and resolves when its echo has come; rejects when anything else happens. One at a time. */
  prove(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#proven = resolve;
      this.#failed = reject;
      const proof = randomBytes(proofLength);
      proof.writeUInt32BE(this.#number);
      this.#expected = proof;
      this.#socket.write(proof);
    });
  }

  /** Ends the session and resolves once its socket is closed. */
  leave(): Promise<void> {
    this.#leaving = true;
    return new Promise((resolve) => {
      if (this.#socket.closed) {
        resolve();
        return;
      }
      this.#socket.once('close', () => resolve());
      this.#socket.end();
    });
  }

  #take(chunk: Buffer): void {
    if (!this.#expected.subarray(0, chunk.length).equals(chunk)) {
      this.#fail(new Error('a wrong echo came'));
      return;
    }
    this.#expected = this.#expected.subarray(chunk.length);
    if (this.#expected.length === 0) this.#proven();
  }

  #fail(error: Error): void {
    if (this.#leaving) return;
    this.#failure ??= new Error(`Session ${this.#number}: ${error.message}`);
    this.#failed(this.#failure);
  }
}
