import { MSG_NOSIGNAL, SPLICE_MOVE_NONBLOCK } from '../../libc/constants.ts';
import type { Pipe } from './pipe-pool.ts';
import type { Spare } from './spare-memory.ts';
import type { SpliceIo } from './splice-io.ts';

/** Bytes that a direction has read and its leg has not taken yet: in a pipe, or in spare memory. */
export class Holder {
  /** Bytes that are held. */
  held = 0;
  /** Those of them that are the prefix. */
  private prefix = 0;
  private readonly io: SpliceIo;
  /** An empty pipe between two rounds. */
  private place: Pipe | Spare | null = null;

  constructor(io: SpliceIo) {
    this.io = io;
  }

  /** Holds a copy of `bytes`, behind a prefix if there is one. Nothing may be held before. */
  hold(bytes: Uint8Array, prefix?: Uint8Array): void {
    this.prefix = prefix?.length ?? 0;
    this.held = this.prefix + bytes.length;
    this.letGo();
    const spare = this.io.spares.take(this.held);
    if (prefix !== undefined) spare.bytes.set(prefix);
    spare.bytes.set(bytes, this.prefix);
    spare.taken = 0;
    this.place = spare;
  }

  /** Splices from `fd` into a pipe. Returns the bytes, 0 or a negative errno. Nothing may be held before. */
  fill(fd: number): number | 'no pipe' {
    const pipe = this.place?.kind === 'pipe' ? this.place : this.io.pipes.take();
    if (pipe === null) return 'no pipe';
    this.place = pipe;
    const length = this.io.libc.splice(fd, pipe.writeEnd, pipe.size, SPLICE_MOVE_NONBLOCK);
    if (length > 0) this.held = length;
    return length;
  }

  /** Sends what is held to `fd`. Returns the bytes that were taken, those of the prefix too, or a negative errno. */
  drain(fd: number): number {
    const { place, io } = this;
    if (place === null) return 0;
    const taken =
      place.kind === 'pipe'
        ? io.libc.splice(place.readEnd, fd, this.held, SPLICE_MOVE_NONBLOCK)
        : io.libc.send(fd, place.address + place.taken, this.held, MSG_NOSIGNAL);
    if (taken <= 0) return taken;
    this.held -= taken;
    if (place.kind === 'memory') place.taken += taken;
    if (this.held === 0 && place.kind === 'memory') this.letGo();
    return taken;
  }

  /** Of so many bytes that were taken just now: those that are not of the prefix. */
  countBehindPrefix(taken: number): number {
    const ofPrefix = Math.min(taken, this.prefix);
    this.prefix -= ofPrefix;
    return taken - ofPrefix;
  }

  /** Nothing is held: pipe or memory can serve others. */
  letGo(): void {
    const { place } = this;
    if (place === null) return;
    this.place = null;
    if (place.kind === 'pipe') this.io.pipes.give(place);
    else this.io.spares.give(place);
  }

  /** Discards what is held. A pipe is closed, since after a bug it may hold bytes that were not counted. */
  discard(): void {
    const { place } = this;
    this.place = null;
    this.held = 0;
    if (place?.kind === 'pipe') this.io.pipes.discard(place);
    else if (place !== null) this.io.spares.give(place);
  }
}
