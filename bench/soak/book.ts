import type { CloseReason } from '../../src/base/close-reason.ts';

/** What the gateway's log must say of one session. */
export interface Entry {
  readonly number: number;
  readonly kind: string;
  /** `address:port`. */
  listener?: string;
  /** The same; absent when the client was reset before Node knew it. */
  client?: string;
  reasons: readonly CloseReason[];
  /** `maybe`: the client left so early that the gateway may not have accepted it. */
  record: 'there' | 'maybe';
  /** Bytes each way, where they are certain. */
  bytes?: { readonly toTarget: number; readonly toClient: number };
}

const clean: readonly CloseReason[] = ['client closed', 'target closed'];

/** Sessions of one kind. */
interface Tally {
  sessions: number;
  bytes: number;
}

/** Every session of the run: what it was, what went wrong, and what its record must say. */
export class Book {
  readonly entries: Entry[] = [];
  readonly failures: string[] = [];
  readonly tallies = new Map<string, Tally>();
  open = 0;
  bytes = 0;

  /** A new session; its number is its own. */
  enter(kind: string): Entry {
    const entry: Entry = { number: this.entries.length + 1, kind, reasons: clean, record: 'there' };
    this.entries.push(entry);
    this.#tally(kind).sessions += 1;
    return entry;
  }

  /** Bytes that came and were right. */
  arrived({ kind }: Entry, bytes: number): void {
    this.#tally(kind).bytes += bytes;
    this.bytes += bytes;
  }

  /** Runs what is a session, or makes one; what it throws is a failure of the run. */
  async watch(what: string, story: () => Promise<void>): Promise<void> {
    this.open += 1;
    try {
      await story();
    } catch (error) {
      this.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.open -= 1;
    }
  }

  #tally(kind: string): Tally {
    const known = this.tallies.get(kind);
    if (known !== undefined) return known;
    const tally = { sessions: 0, bytes: 0 };
    this.tallies.set(kind, tally);
    return tally;
  }
}
