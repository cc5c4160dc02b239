import { residentBytes } from '../process/proc.ts';
import type { Book } from './book.ts';
import type { Probe } from './probe.ts';

/** What was seen at one moment. */
export interface Sample {
  /** Seconds since traffic began. */
  readonly at: number;
  /** Resident memory of the gateway, bytes. */
  readonly rss: number;
  /** Sessions that the load has open, those on their way included. */
  readonly sessions: number;
  /** The longest round trip since the last sample, milliseconds. */
  readonly roundTrip: number;
  /** The same past the gateway. */
  readonly direct: number;
}

const every = 500;

/** Looks at the gateway twice a second until `stop`. */
export class Sampling {
  readonly samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, book: Book, through: Probe, past: Probe) {
    const begun = performance.now();
    this.#timer = setInterval(() => {
      let rss: number;
      try {
        rss = residentBytes(pid);
      } catch {
        // The gateway has ended; a check reports that.
        clearInterval(this.#timer);
        return;
      }
      const at = (performance.now() - begun) / 1000;
      const [roundTrip, direct] = [through.longest(), past.longest()];
      this.samples.push({ at, rss, sessions: book.open, roundTrip, direct });
    }, every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
