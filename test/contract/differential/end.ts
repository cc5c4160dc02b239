import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Ending } from '../peer.ts';
import type { Pattern } from './pattern.ts';
import type { Side } from './sequence.ts';

/** One end of a session under test: takes the steps of a sequence, and checks bytes as they arrive. */
export class End {
  readonly side: Side;
  readonly socket: Socket;
  sent = 0;
  received = 0;
  /** Whether all that has come was a prefix of what the other end sends. */
  exact = true;
  /** What it saw first. An end that has left sees nothing more. */
  ending: Ending | 'nothing' = 'nothing';
  /** Its descriptor is closed. */
  closed = false;
  /** One of its own writes failed: Node threw away what the kernel had for it. */
  inputLost = false;
  finished = false;
  left: 'stays' | 'resets' | 'aborts' = 'stays';
  private readonly sends: Pattern;
  private readonly expects: Pattern;
  private watchers: (() => void)[] = [];

  constructor(side: Side, socket: Socket, sends: Pattern, expects: Pattern) {
    this.side = side;
    this.socket = socket;
    this.sends = sends;
    this.expects = expects;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => {
      const reset = wasReset(socket);
      this.saw(reset ? 'reset' : 'end');
      if (reset) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // An error throws away what a paused socket has buffered.
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) this.take(chunk);
      if (error.syscall === 'write') this.inputLost = true;
      this.saw('reset');
    });
    socket.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  /** Whether it can still write. */
  get open(): boolean {
    return !this.finished && !this.isOver;
  }

  /** Whether it has left, or was reset, or both directions have ended. */
  get isOver(): boolean {
    return this.left !== 'stays' || this.ending === 'reset' || this.socket.destroyed;
  }

  write(bytes: number): void {
    this.socket.write(this.sends.at(this.sent, bytes));
    this.sent += bytes;
  }

  finish(): void {
    this.finished = true;
    this.socket.end();
  }

  /** libuv refuses a reset while a FIN waits behind what is written, and Node then loses the descriptor. */
  get canReset(): boolean {
    return !this.socket.writableEnded || this.socket.writableFinished;
  }

  reset(): void {
    this.left = 'resets';
    this.socket.resetAndDestroy();
  }

  abort(): void {
    this.left = 'aborts';
    this.socket.destroy();
  }

  /** Resolves once `condition` holds; it is checked after each event of this end. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private take(chunk: Buffer): void {
    if (!this.expects.at(this.received, chunk.length).equals(chunk)) this.exact = false;
    this.received += chunk.length;
    this.changed();
  }

  private saw(ending: Ending): void {
    if (this.ending === 'nothing') this.ending = ending;
    this.changed();
  }

  private changed(): void {
    const { watchers } = this;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }
}

const oneByte = Buffer.alloc(1);

/**
 * Whether what Node calls the end is a reset: it does when bytes and a reset come in one turn of the loop. One more
 * read(2) returns 0 after a FIN, and fails after a reset. A write of nothing would not show it once our own FIN is out.
 */
function wasReset(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle: { readonly fd: number } | null };
  if (handle === null) return false;
  try {
    readSync(handle.fd, oneByte, 0, 1, null);
    return false;
  } catch {
    return true;
  }
}
