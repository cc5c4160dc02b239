import type { Logger } from 'pino';
import { closeReasonOf, type Denial } from '../policy/denial.ts';
import type { DenialCounter } from '../policy/denial-counter.ts';

/** Milliseconds after which clients are told of that no line has told of yet. */
const pause = 20_000;

/**
 * Counts clients that were denied, and says so a few times a minute for each cause: a scan of 762 ports must not fill
 * the disk.
 */
export class DenialLog {
  private readonly counter: DenialCounter;
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;

  constructor(counter: DenialCounter, logger: Logger) {
    this.counter = counter;
    this.logger = logger;
  }

  denied(rules: string, denial: Denial): void {
    const clients = this.counter.count(rules, denial, performance.now());
    if (clients > 0) this.say(denial, clients);
    else this.arm();
  }

  /** The last word: tells of all who are left unsaid. */
  close(): void {
    clearTimeout(this.timer);
    this.tell(Number.POSITIVE_INFINITY);
  }

  /** A flood that stops must not leave its last clients unsaid. */
  private arm(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // Other causes may not be due yet.
      if (this.tell(performance.now())) this.arm();
    }, pause);
    this.timer.unref();
  }

  private tell(now: number): boolean {
    const due = this.counter.untold(now);
    for (const { denial, clients } of due) this.say(denial, clients);
    return due.length > 0;
  }

  private say(denial: Denial, clients: number): void {
    this.logger.warn({ clients, reason: closeReasonOf(denial), cause: denial }, messages[denial]);
  }
}

const messages: Readonly<Record<Denial, string>> = {
  address: 'clients denied: their addresses are not allowed, or denied, by access',
  'source sessions': 'clients denied: as many sessions as perSource allows come from the same source',
  'source rate': 'clients denied: more sessions than perSource allows come from the same source in so short a time',
  'service sessions': 'clients denied: the service or forward has all the sessions that its limits allow',
  'target sessions': 'clients denied: every target has all the sessions that perTarget allows',
};
