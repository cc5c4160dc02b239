import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a connection ended for a peer. */
export type Ending = 'end' | 'reset';

/** One end of a session under test. It counts and hashes bytes that arrive, and distinguishes an end from a reset. */
export class Peer {
  readonly socket: Socket;
  received = 0;
  /** Resolves with the first of FIN or reset. */
  readonly ending: Promise<Ending>;
  readonly closed: Promise<void>;
  private readonly hash = createHash('sha1');
  private readonly kept: Buffer[] = [];
  private watchers: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      this.hash.update(chunk);
      if (this.received <= 4096) this.kept.push(chunk);
      this.notify();
    });
    this.ending = new Promise((resolve) => {
      socket.on('error', () => resolve('reset'));
      socket.on('end', () => {
        // Node reports data and a reset that come in one turn as 'end'; a write of nothing shows which.
        if (socket.writableEnded) resolve('end');
        else socket.write(Buffer.alloc(0), (error) => resolve(error ? 'reset' : 'end'));
      });
      socket.on('close', () => resolve('reset'));
    });
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    onTestFinished(() => {
      socket.destroy();
    });
  }

  /** The first bytes that arrived, as text. */
  get text(): string {
    return Buffer.concat(this.kept).toString();
  }

  digest(): string {
    return this.hash.copy().digest('hex');
  }

  /** Resolves when the kernel has taken all of it. */
  send(data: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  finish(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Resolves when `count` bytes have arrived in all. */
  async has(count: number): Promise<void> {
    while (this.received < count) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private notify(): void {
    const { watchers } = this;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }
}

/** `from`: the client's own address, where it matters. */
export function connectPeer(port: number, host = '127.0.0.1', from?: string): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const own = from === undefined ? {} : { localAddress: from };
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, ...own });
    const peer = new Peer(socket);
    socket.once('connect', () => resolve(peer));
    socket.once('error', reject);
  });
}

/** A queue: `next` resolves with the items in order. */
export class Inbox<T> {
  private readonly come: T[] = [];
  private readonly waiting: ((item: T) => void)[] = [];

  get size(): number {
    return this.come.length;
  }

  put(item: T): void {
    const next = this.waiting.shift();
    if (next === undefined) this.come.push(item);
    else next(item);
  }

  next(): Promise<T> {
    const item = this.come.shift();
    return item === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(item);
  }
}

/** A target: an inbox of the connections made to it. */
export class TargetServer {
  readonly server: Server;
  readonly peers = new Inbox<Peer>();

  private constructor() {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.peers.put(new Peer(socket)));
  }

  static async open(): Promise<TargetServer> {
    const target = new TargetServer();
    await new Promise<void>((resolve) => target.server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      target.server.close();
    });
    return target;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
}

export interface Payload {
  readonly data: Buffer;
  readonly digest: string;
}

/** Random bytes and their hash. */
export function payload(size: number): Payload {
  const data = randomBytes(size);
  return { data, digest: digestOf(data) };
}

export function digestOf(data: Buffer): string {
  return createHash('sha1').update(data).digest('hex');
}

/** Polls until `condition` holds; fails after `within` milliseconds. */
export async function until(condition: () => boolean, what: string, within = 20_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${within} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Bytes that the kernel of `socket` has not got acknowledged yet (proc(5)); IPv4 only. */
export function unsent(socket: Socket): number {
  const hex = (port: number | undefined): string => (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const key = `0100007F:${hex(socket.localPort)} 0100007F:${hex(socket.remotePort)}`;
  const line = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .find((one) => one.includes(key));
  return line === undefined ? 0 : Number.parseInt(line.trim().split(/\s+/)[4]?.slice(0, 8) ?? '0', 16);
}
