import type { Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import type { Ip } from '../../base/ip.ts';
import { attempt, thrown } from '../crashable.ts';
import type { Leg } from '../engine.ts';
import type { HeadedLeg } from '../leg-head.ts';
import type { RelayedLeg } from '../leg-relay.ts';
import { EarlyBytes } from './early-bytes.ts';
import type { ResetLeg } from './held-resets.ts';
import { keepAliveDelay } from './keep-alive.ts';
import type { LegIo } from './leg-io.ts';
import type { LegReader } from './leg-reader.ts';
import { writeFailed } from './node-internals.ts';
import { localOf, remoteIpOf, remoteOf } from './socket-addresses.ts';
import {
  askBeforeClosing,
  bytesRead,
  type DialInProgress,
  proveEnd,
  readFailed,
  resetOnceFinished,
  tellLeg,
  tellOfData,
} from './socket-handlers.ts';
import { UnreadInput } from './unread-input.ts';

const nothing = new Uint8Array(0);

/**
 * A connected socket. It reads from the start into a bounded head, so that a FIN before the relay begins is a
 * half-close and a reset is noticed: a paused socket of Node sees neither.
 */
export class StreamLeg implements Leg, RelayedLeg, HeadedLeg, ResetLeg {
  readonly socket: Socket;
  readonly io: LegIo;
  /** What it reads into. */
  readonly buffer: Uint8Array;
  onGone: (() => void) | null = null;
  /** Called once when a FIN comes before any byte and before the relay began. */
  onLeft: (() => void) | null = null;
  /** Called once when the descriptor is closed. */
  onClosed: (() => void) | null = null;
  bug: Error | undefined = undefined;
  /** Who is told how the connection turns out; null once it has. */
  dial: DialInProgress | null = null;
  /** Its acceptor's; 0 while it is dialed. */
  flow = 0;
  awaited = false;
  private early: EarlyBytes | null = null;
  private input: 'open' | 'paused' | 'ended' | 'reset' = 'open';
  /** The engine's count of reads when this leg was read last. */
  private lastRead = -1;
  private reader: LegReader | null = null;
  /** What is still to be read of a socket that a failed write has ended. */
  private unread: UnreadInput | null = null;

  /** The socket reads already or will once it is connected, and allows half-open. */
  constructor(socket: Socket, io: LegIo, buffer: Uint8Array) {
    this.socket = socket;
    this.io = io;
    this.buffer = buffer;
    tellLeg(socket, this);
    io.internals?.takeErrors(socket, readFailed);
  }

  /** Makes an accepted socket read into the shared buffer; where that cannot be, the public way. */
  readAccepted(): void {
    const { io, buffer } = this;
    const onRead = (length: number): boolean => bytesRead(this, buffer, length);
    if (io.internals?.readInto(this.socket, buffer, onRead) !== true) this.readPublicly();
  }

  /** 'data' events: each chunk is a buffer of its own. */
  readPublicly(): void {
    tellOfData(this.socket);
  }

  /** Bytes are read again after `bytes` has said no. */
  resume(): void {
    if (this.input !== 'paused') return;
    this.input = 'open';
    // libuv refuses to read what was reset; the leg hears of that by itself.
    if (this.awaited) return;
    if (this.unread === null) this.socket.resume();
    else this.unread.read();
  }

  get remote(): SocketAddress {
    return remoteOf(this.socket, this.io.internals);
  }

  get local(): SocketAddress {
    return localOf(this.socket);
  }

  get ip(): Ip | undefined {
    return remoteIpOf(this.socket, this.io.internals);
  }

  get gone(): boolean {
    return this.input === 'reset' || this.bug !== undefined;
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  get fd(): number {
    return this.socket.destroyed ? -1 : (this.io.internals?.descriptorOf(this.socket) ?? -1);
  }

  get spent(): boolean {
    return this.input === 'reset';
  }

  /** A chunk that libuv has read. False stops reading until `resume`. */
  bytes(buffer: Uint8Array, length: number): boolean {
    this.io.reads += 1;
    this.lastRead = this.io.reads;
    this.io.resets.heard(this.flow);
    return this.give(buffer, length);
  }

  /** A chunk for the reader. False stops reading until `resume`. */
  give(buffer: Uint8Array, length: number): boolean {
    const more = this.reader === null ? this.keep(buffer.subarray(0, length)) : this.reader.bytes(buffer, length);
    if (!more && this.input === 'open') this.input = 'paused';
    return more;
  }

  /** Hands the input to `reader`; what came early is the caller's to deliver first. Throws what has ended the leg. */
  attach(reader: LegReader): { readonly head: Buffer | null; readonly input: 'open' | 'ended' | 'reset' } {
    this.reader = reader;
    if (this.bug !== undefined) throw this.bug;
    const head = this.early?.joined() ?? null;
    this.early = null;
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
    if (rest !== null) this.keep(rest);
    if (this.input === 'reset') this.leave();
    else if (this.early?.full === true) this.pause();
    else this.resume();
  }

  /** Stops reading at once; `resume` goes on. */
  pause(): void {
    if (this.input !== 'open') return;
    this.input = 'paused';
    if (!this.awaited) this.socket.pause();
  }

  /** Bytes the kernel took at once; 0 where it took none or does not say; `writeFailed` where the connection is gone. */
  writeNow(buffer: Uint8Array, length: number): number {
    const { internals } = this.io;
    return internals === null ? 0 : internals.writeNow(this.socket, buffer, length);
  }

  /** Has Node write what the kernel did not take; `taken` is called with the error if that fails, before all else. */
  writeLater(rest: Uint8Array, taken: (error?: Error | null) => void): void {
    if (this.io.internals !== null) askBeforeClosing(this.socket);
    this.socket.write(rest, taken);
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
    if (this.unread === null) this.socket.destroy();
    else this.unread.close();
  }

  /** Closes with a reset, at once; what the kernel has not sent is thrown away. */
  reset(): void {
    const { socket } = this;
    this.unread?.close();
    if (socket.destroyed) return;
    // libuv refuses a reset while shutdown(2) is under way, and Node then loses the handle with its descriptor.
    if (socket.writableEnded && !socket.writableFinished) resetOnceFinished(socket);
    else socket.resetAndDestroy();
  }

  /** 0 without system calls: Node does not show it, and /proc/net/tcp is too much work for it. */
  unsent(): number {
    return this.io.unsent?.(this.socket) ?? 0;
  }

  whenSent(done: () => void): void {
    this.io.sendQueues.whenEmpty(this, done);
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
    else proveEnd(this.socket);
  }

  /** Who uses the leg ends with it. While nobody does, it is kept for who comes next. */
  crashed(error: unknown): void {
    const user = this.dial ?? this.reader;
    if (user !== null) {
      user.crashed(error);
      return;
    }
    this.bug ??= thrown(error);
    if (!attempt(() => this.reset())) attempt(() => this.destroy());
    this.leave();
  }

  /** For the handlers of the socket alone: `error` ends it, and `close` closes its descriptor. */
  closing(error: Error, close: () => void): void {
    const inputOpen = this.input === 'open' || this.input === 'paused';
    this.unread = inputOpen ? UnreadInput.of(this, error, close) : null;
    if (this.unread === null) close();
    else if (this.input === 'open') this.unread.read();
  }

  /** For the handlers of the socket alone, `UnreadInput`, and `HeldResets`. */
  failed(error: Error): void {
    // Only the public way leaves bytes in the Readable; an error would throw them away.
    for (let left = this.socket.read(); left !== null; left = this.socket.read()) this.bytes(left, left.length);
    this.inputReset(error);
  }

  /**
   * The socket is closed. A dead session in the old generation would keep all it points to alive (a third of scavenging).
   */
  forget(): void {
    this.reader = null;
    this.onGone = null;
    this.onLeft = null;
    this.onClosed = null;
  }

  /** A FIN has come for sure. For the handlers of the socket, too. */
  inputEnded(): void {
    if (this.input === 'ended' || this.input === 'reset') return;
    this.input = 'ended';
    if (this.reader !== null) this.reader.end();
    else if (this.early === null) this.onLeft?.();
  }

  private keep(bytes: Uint8Array): boolean {
    this.early ??= new EarlyBytes(this.buffer.length);
    this.early.add(bytes);
    return !this.early.full;
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
