import type { Socket } from 'node:net';
import { type SocketAddress, unmapped } from '../../base/address.ts';
import { type Ip, parseIp } from '../../base/ip.ts';
import type { Leg } from '../engine.ts';
import type { HeadedLeg } from '../leg-head.ts';
import type { RelayedLeg } from '../leg-relay.ts';
import { keepAliveDelay } from './keep-alive.ts';
import type { LegIo } from './leg-io.ts';
import type { LegReader } from './leg-reader.ts';
import { writeFailed } from './node-internals.ts';

/** Reading stops when this many bytes wait for the relay to begin; one more read may come on top of it. */
const headLimit = 64 * 1024;

/** A connection under way. */
export interface DialInProgress {
  connected(): void;
  failed(error: Error): void;
}

const nothing = new Uint8Array(0);

/** Which leg a socket belongs to: the handlers of all sockets are the same functions, not closures per socket. */
const legOf = Symbol('leg');

interface LegSocket extends Socket {
  [legOf]: StreamLeg;
}

function onData(this: LegSocket, chunk: Buffer): void {
  if (!this[legOf].bytes(chunk, chunk.length)) this.pause();
}

function onEnd(this: LegSocket): void {
  this[legOf].ended();
}

function onConnect(this: LegSocket): void {
  this[legOf].dial?.connected();
}

function onError(this: LegSocket, error: Error): void {
  const leg = this[legOf];
  if (leg.dial === null) leg.failed(error);
  else leg.dial.failed(error);
}

function onClose(this: LegSocket): void {
  this[legOf].onClosed?.();
}

/**
 * A connected socket. It reads from the start into a bounded head, so that a FIN before the relay begins is a
 * half-close and a reset is noticed: a paused socket of Node sees neither.
 */
export class StreamLeg implements Leg, RelayedLeg, HeadedLeg {
  readonly socket: Socket;
  readonly io: LegIo;
  onGone: (() => void) | null = null;
  /** Called once when a FIN comes before any byte and before the relay began. */
  onLeft: (() => void) | null = null;
  /** Called once when the descriptor is closed. */
  onClosed: (() => void) | null = null;
  private connecting: DialInProgress | null = null;
  /** What has come before the relay began. */
  private head: Buffer[] | null = null;
  private headLength = 0;
  private input: 'open' | 'paused' | 'ended' | 'reset' = 'open';
  /** The engine's count of reads when this leg was read last. */
  private lastRead = -1;
  private reader: LegReader | null = null;

  /** The socket reads already or will once it is connected, and allows half-open. */
  constructor(socket: Socket, io: LegIo) {
    this.socket = socket;
    this.io = io;
    (socket as LegSocket)[legOf] = this;
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** Who is told how the connection turns out; null once it has. */
  get dial(): DialInProgress | null {
    return this.connecting;
  }

  set dial(dial: DialInProgress | null) {
    this.connecting = dial;
    if (dial !== null) this.socket.on('connect', onConnect);
  }

  /** Makes an accepted socket read into the shared buffer; where that cannot be, the public way. */
  readAccepted(): void {
    const { internals, readBuffer } = this.io;
    const onRead = (length: number): boolean => this.bytes(readBuffer, length);
    if (internals?.readInto(this.socket, readBuffer, onRead) !== true) this.readPublicly();
  }

  /** 'data' events: each chunk is a buffer of its own. */
  readPublicly(): void {
    this.socket.on('data', onData);
  }

  /** Bytes are read again after `bytes` has said no. */
  resume(): void {
    if (this.input !== 'paused') return;
    this.input = 'open';
    this.socket.resume();
  }

  get remote(): SocketAddress {
    return { address: unmapped(this.socket.remoteAddress ?? ''), port: this.socket.remotePort ?? 0 };
  }

  get local(): SocketAddress {
    return { address: unmapped(this.socket.localAddress ?? ''), port: this.socket.localPort ?? 0 };
  }

  get ip(): Ip {
    return parseIp(this.socket.remoteAddress ?? '') ?? 0;
  }

  get gone(): boolean {
    return this.input === 'reset';
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  get spent(): boolean {
    return this.input === 'reset';
  }

  /** A chunk for the reader. False stops reading until `resume`. */
  bytes(buffer: Uint8Array, length: number): boolean {
    this.io.reads += 1;
    this.lastRead = this.io.reads;
    const more = this.reader === null ? this.keep(buffer, length) : this.reader.bytes(buffer, length);
    if (!more && this.input === 'open') this.input = 'paused';
    return more;
  }

  /** Hands the input to `reader`; what the head holds is returned and the caller's to deliver first. */
  attach(reader: LegReader): { readonly head: Buffer | null; readonly input: 'open' | 'ended' | 'reset' } {
    this.reader = reader;
    const [first = null, ...more] = this.head ?? [];
    const head = first === null || more.length === 0 ? first : Buffer.concat([first, ...more]);
    this.head = null;
    this.headLength = 0;
    return { head, input: this.input === 'paused' ? 'open' : this.input };
  }

  /** Hands the input to `reader`, and what has come already at once, until `headDone` is called. */
  readHead(reader: LegReader): void {
    const { head, input } = this.attach(reader);
    if (head !== null) reader.bytes(head, head.length);
    if (this.reader === null) return;
    if (input === 'ended') reader.end();
    else if (input === 'reset') reader.reset(undefined);
    else this.resume();
  }

  /** For the reading of a head alone: the leg's own head takes over again, with `rest` in it. */
  headDone(rest: Buffer | null): void {
    this.reader = null;
    if (rest !== null) {
      this.head = [rest];
      this.headLength = rest.length;
    }
    if (this.input === 'reset') this.leave();
    else if (this.headLength >= headLimit) this.pause();
    else this.resume();
  }

  /** Stops reading at once; `resume` goes on. */
  pause(): void {
    if (this.input !== 'open') return;
    this.input = 'paused';
    this.socket.pause();
  }

  /** Bytes the kernel took at once; 0 where it took none or does not say; `writeFailed` where the connection is gone. */
  writeNow(buffer: Uint8Array, length: number): number {
    const { internals } = this.io;
    return internals === null ? 0 : internals.writeNow(this.socket, buffer, length);
  }

  /**
   * Whether the connection was reset, asked by a write of nothing: a paused socket of Node sees none. Cannot tell once
   * our FIN is out, nor in the public way.
   */
  wasReset(): boolean {
    return !this.socket.writableEnded && this.writeNow(nothing, 0) === writeFailed;
  }

  /** Closes with a FIN after what was written. */
  finish(): void {
    this.socket.end();
  }

  /** Closes the descriptor: a FIN after what the kernel holds, or a reset if it holds unread input (RFC 2525, 2.17). */
  destroy(): void {
    this.socket.destroy();
  }

  /** Closes with a reset, at once; what the kernel has not sent is thrown away. */
  reset(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // libuv refuses a reset while shutdown(2) is under way, and Node then loses the handle with its descriptor.
    if (socket.writableEnded && !socket.writableFinished) socket.once('finish', () => this.reset());
    else socket.resetAndDestroy();
  }

  /** Node does not show it, and /proc/net/tcp is too much work for it. */
  unsent(): number {
    return 0;
  }

  whenSent(done: () => void): void {
    this.io.sendQueues.whenEmpty(this.socket, done);
  }

  armKeepAlive(keepAlive: number): void {
    this.socket.setKeepAlive(true, keepAliveDelay(keepAlive));
  }

  /** Node shows nothing of it: that is left to the kernel's retries. */
  lookForDeadPeer(): void {}

  /** For the handlers of the socket alone. */
  ended(): void {
    const { internals } = this.io;
    // Bytes and a reset that come in one turn of the loop look like an end to libuv (uv__stream_io treats POLLHUP
    // after a short read as EOF). Where another leg was read since, this end was an event of its own: read(2) said 0.
    if (internals !== null) {
      if (this.lastRead === this.io.reads && internals.wasReset(this.socket)) this.inputReset(undefined);
      else this.inputEnded();
    } else if (this.socket.writableEnded) this.inputEnded();
    // A write of nothing tells them apart: after a reset it fails, and the failure arrives as 'error'.
    else this.socket.write(nothing, (error) => (error ? undefined : this.inputEnded()));
  }

  /** For the handlers of the socket alone. */
  failed(error: Error): void {
    // Only the public way leaves bytes in the Readable; an error would throw them away.
    for (let left = this.socket.read(); left !== null; left = this.socket.read()) this.bytes(left, left.length);
    this.inputReset(error);
  }

  /**
   * Lets go of everything once the socket is closed. A dead session that has reached the old generation would keep
   * what it points to alive until the next full collection, and that the next (seen: a third of the scavenger's work).
   */
  forget(): void {
    this.reader = null;
    this.onGone = null;
    this.onLeft = null;
    this.onClosed = null;
  }

  private keep(buffer: Uint8Array, length: number): boolean {
    this.head ??= [];
    this.head.push(Buffer.from(buffer.subarray(0, length)));
    this.headLength += length;
    return this.headLength < headLimit;
  }

  private inputEnded(): void {
    if (this.input === 'ended' || this.input === 'reset') return;
    this.input = 'ended';
    if (this.reader !== null) this.reader.end();
    else if (this.headLength === 0) this.onLeft?.();
  }

  private inputReset(error: Error | undefined): void {
    if (this.input === 'reset') return;
    this.input = 'reset';
    if (this.reader !== null) this.reader.reset(error);
    else this.leave();
  }

  private leave(): void {
    const { onGone } = this;
    this.onGone = null;
    onGone?.();
  }
}
