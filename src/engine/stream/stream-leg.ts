import type { Socket } from 'node:net';
import { type SocketAddress, unmapped } from '../../base/address.ts';
import { type Ip, ipOf } from '../../base/ip.ts';
import { attempt, type Crashable, thrown } from '../crashable.ts';
import type { Leg } from '../engine.ts';
import type { HeadedLeg } from '../leg-head.ts';
import type { RelayedLeg } from '../relayed-leg.ts';
import type { Sender } from '../send-queues.ts';
import { EarlyBytes } from './early-bytes.ts';
import type { LegContext } from './leg-context.ts';
import { noDescriptor, writeFailed } from './node-internals.ts';
import { guarded, reportEvents } from './socket-events.ts';
import { UnreadInput } from './unread-input.ts';

const nothing = new Uint8Array(0);
/** The time of all probes: libuv fixes TCP_KEEPINTVL at 1 s and TCP_KEEPCNT at 10 (uv_tcp_keepalive). Milliseconds. */
const probing = 10_000;

/** The receiver of a leg's input, one at a time: the reading of a head, then a direction of the relay. */
export interface LegReader extends Crashable {
  /** Bytes have come; `buffer` may only be valid during the call. False stops reading. */
  bytes(buffer: Uint8Array, length: number): boolean;
  /** A FIN has come; all bytes before it were given. */
  end(): void;
  /** The connection is lost; all bytes that could be read before it were given. */
  reset(error: Error | undefined): void;
}

/**
 * A connected socket. It reads from the start into a bounded head, so that a FIN before the relay begins is a
 * half-close, and a reset is noticed: a paused socket of Node sees neither.
 */
export class StreamLeg implements Leg, RelayedLeg, HeadedLeg, Sender {
  readonly socket: Socket;
  readonly context: LegContext;
  /** What it reads into, unless it reads the public way. */
  readonly buffer: Uint8Array;
  input: 'open' | 'paused' | 'ended' | 'reset' = 'open';
  onReset: (() => void) | null = null;
  /** Called once when a FIN comes before any byte and before the relay began. */
  onEmptyEnd: (() => void) | null = null;
  /** Called once when the descriptor is closed. */
  onClosed: (() => void) | null = null;
  bug: Error | undefined = undefined;
  /** Node reports each event at once. */
  readonly eventPending = false;
  private early: EarlyBytes | null = null;
  private reader: LegReader | null = null;
  private unread: UnreadInput | null = null;

  /** `socket` has just been connected, or accepted; it allows half-open. */
  constructor(socket: Socket, context: LegContext) {
    this.socket = socket;
    this.context = context;
    this.buffer = context.buffers.take();
    reportEvents(this);
  }

  get remote(): SocketAddress {
    return { address: unmapped(this.socket.remoteAddress ?? ''), port: this.socket.remotePort ?? 0 };
  }

  get local(): SocketAddress {
    return { address: unmapped(this.socket.localAddress ?? ''), port: this.socket.localPort ?? 0 };
  }

  get ip(): Ip | undefined {
    const { remoteAddress } = this.socket;
    return remoteAddress === undefined ? undefined : ipOf(remoteAddress);
  }

  get isReset(): boolean {
    return this.input === 'reset' || this.bug !== undefined;
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  get fd(): number {
    if (this.socket.destroyed) return noDescriptor;
    return this.context.internals?.descriptorOf(this.socket) ?? noDescriptor;
  }

  get readToEnd(): boolean {
    return this.input === 'reset';
  }

  /** A chunk has been read. False stops reading until `resume`. */
  bytes(buffer: Uint8Array, length: number): boolean {
    const more = this.reader === null ? this.keep(buffer.subarray(0, length)) : this.reader.bytes(buffer, length);
    if (!more && this.input === 'open') this.input = 'paused';
    return more;
  }

  /** Stops reading at once; `resume` goes on. */
  pause(): void {
    if (this.input !== 'open') return;
    this.input = 'paused';
    this.socket.pause();
  }

  /** Reads again after `pause`, or after `bytes` has returned false. */
  resume(): void {
    if (this.input !== 'paused') return;
    this.input = 'open';
    if (this.unread?.isKept === true) this.unread.read();
    else this.socket.resume();
  }

  /** Hands the input to `reader`; the caller delivers `head` first. Throws the bug that has ended the leg. */
  attach(reader: LegReader): { readonly head: Buffer | null; readonly input: 'open' | 'ended' | 'reset' } {
    this.reader = reader;
    if (this.bug !== undefined) throw this.bug;
    const head = this.early?.joined() ?? null;
    this.early = null;
    return { head, input: this.input === 'paused' ? 'open' : this.input };
  }

  /** Hands the input to `reader`, early bytes at once, until `headDone` is called. */
  readHead(reader: LegReader): void {
    const { head, input } = this.attach(reader);
    if (head !== null) reader.bytes(head, head.length);
    if (this.reader === null) return;
    if (input === 'ended') reader.end();
    else if (input === 'reset') reader.reset(undefined);
    else this.resume();
  }

  /** For the reading of a head alone: the leg keeps what comes again, `rest` first. */
  headDone(rest: Buffer | null): void {
    this.reader = null;
    if (rest !== null) this.keep(rest);
    if (this.input === 'reset') this.notifyReset();
    else if (this.early?.full === true) this.pause();
    else this.resume();
  }

  /** Bytes that the kernel took at once; 0 where it took none, or in the public way; or `writeFailed`. */
  writeNow(buffer: Uint8Array, length: number): number {
    return this.context.internals?.writeNow(this.socket, buffer, length) ?? 0;
  }

  /** Has Node write what the kernel did not take; `written` is called with the error if that fails, before all else. */
  writeLater(rest: Uint8Array, written: (error?: Error | null) => void): void {
    const { internals } = this.context;
    if (internals !== null) this.unread ??= new UnreadInput(this, internals);
    this.socket.write(rest, written);
  }

  /**
   * Whether the connection was reset, found by a write of nothing: a paused socket of Node sees no reset. False once
   * our FIN is out, and in the public way.
   */
  wasReset(): boolean {
    return !this.socket.writableEnded && this.writeNow(nothing, 0) === writeFailed;
  }

  /** Sends a FIN after what was written. */
  finish(): void {
    this.socket.end();
  }

  /** Closes the descriptor: a FIN after what the kernel holds, or a reset if it holds unread input (RFC 2525, 2.17). */
  destroy(): void {
    if (this.unread?.isKept === true) this.unread.close();
    else this.socket.destroy();
  }

  /** Closes with a reset, at once; what the kernel has not sent is thrown away. */
  reset(): void {
    const { socket } = this;
    this.unread?.close();
    if (socket.destroyed) return;
    if (socket.writableEnded && !socket.writableFinished) {
      // libuv refuses a reset while shutdown(2) is under way, and Node then loses the handle with its descriptor.
      const onFinish = guarded(this, () => this.reset());
      socket.once('finish', onFinish);
    } else socket.resetAndDestroy();
  }

  /** 0 without system calls: Node does not show it. */
  unsent(): number {
    const { fd } = this;
    const bytes = fd === noDescriptor ? 0 : this.context.unsent(fd);
    // When the peer has reset the connection the kernel goes on reporting what was left.
    return bytes > 0 && this.wasReset() ? 0 : bytes;
  }

  whenSent(done: () => void): void {
    this.context.sendQueues.whenEmpty(this, done);
  }

  armKeepAlive(keepAlive: number): void {
    this.socket.setKeepAlive(true, Math.max(1000, keepAlive - probing));
  }

  /** Node does not show what the peer has acknowledged. The kernel's retries end such a leg. */
  lookForDeadPeer(): void {}

  /** For the events of the socket alone. */
  inputEnded(): void {
    if (this.input === 'ended' || this.input === 'reset') return;
    this.input = 'ended';
    if (this.reader !== null) this.reader.end();
    else if (this.early === null) this.onEmptyEnd?.();
  }

  /** For the events of the socket alone, and for `UnreadInput`. */
  inputReset(error: Error | undefined): void {
    if (this.input === 'reset') return;
    this.input = 'reset';
    if (this.reader !== null) this.reader.reset(error);
    else this.notifyReset();
  }

  /** For the events of the socket alone. */
  socketClosed(): void {
    this.context.buffers.give(this.buffer);
    this.onClosed?.();
  }

  /** Its reader ends with the bug. Where there is none, the leg keeps it for the next user. */
  crashed(error: unknown): void {
    if (this.reader !== null) {
      this.reader.crashed(error);
      return;
    }
    this.bug ??= thrown(error);
    if (!attempt(() => this.reset())) attempt(() => this.destroy());
    this.notifyReset();
  }

  /** The relay is over: a dead session would keep all it points to alive until the next full collection. */
  forget(): void {
    this.reader = null;
    this.onReset = null;
    this.onEmptyEnd = null;
    this.onClosed = null;
  }

  private keep(bytes: Uint8Array): boolean {
    this.early ??= new EarlyBytes(this.buffer.length);
    this.early.add(bytes);
    return !this.early.full;
  }

  private notifyReset(): void {
    const { onReset } = this;
    this.onReset = null;
    onReset?.();
  }
}
