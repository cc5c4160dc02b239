import type { Logger } from 'pino';
import type { CloseReason } from '../base/close-reason.ts';
import { errnoOf } from '../base/errors.ts';
import type { SessionRecord } from '../session/session-events.ts';

/** Ends that a client did not want, and that no setting or other line explains. */
const failures: ReadonlySet<unknown> = new Set<CloseReason>([
  'target reset',
  'refused',
  'unreachable',
  'lookup failed',
  'lookup timed out',
  'loop',
  'dial timed out',
  'no target',
  'exhausted',
  'bad header',
  'header timed out',
]);

/** `reason`: a close reason, or what a log line has in its place. */
export function isFailure(reason: unknown): boolean {
  return failures.has(reason);
}

/** Milliseconds over which failures of one cause and target are folded into one line. */
const foldTime = 10_000;
/** Lines for new causes and targets in one second. */
const mostASecond = 3;
/** Causes and targets with a folded line of their own; the others share one. */
const mostFolded = 3;

interface Failures {
  readonly reason: CloseReason;
  readonly target: string;
  /** `left out` where it would have been too many lines. */
  readonly firstLine: 'written' | 'left out';
  /** Sessions since the last line about them. */
  more: number;
}

/**
 * Sessions that fail, for a person at a terminal. The first of each cause and target has a line at once; further ones
 * are counted and share a line every 10 s. A scan of a thousand closed ports makes 3 lines a second, and 4 every 10 s.
 */
export class FailureLines {
  private readonly logger: Logger;
  private readonly known = new Map<string, Failures>();
  private foldedAt = 0;
  private second = Number.NEGATIVE_INFINITY;
  private linesInSecond = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.logger = logger.child({ label: 'failed' });
  }

  failed(record: SessionRecord): void {
    const { reason, target } = record;
    const now = performance.now();
    if (this.timer === undefined) this.foldLater(now);
    const key = `${reason} ${target}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      known.more += 1;
      return;
    }
    if (this.mayWrite(now)) {
      this.known.set(key, { reason, target, firstLine: 'written', more: 0 });
      this.write(record);
    } else {
      this.known.set(key, { reason, target, firstLine: 'left out', more: 1 });
    }
  }

  /** Writes what is counted and has no line yet. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writeFolded(performance.now());
    this.known.clear();
  }

  private write({ reason, listener, client, target, error }: SessionRecord): void {
    const code = errnoOf(error);
    const cause =
      code === undefined || code === 'ECONNREFUSED' || code === 'ETIMEDOUT' ? reason : `${reason} (${code})`;
    const detail = reason === 'bad header' ? { error: error?.message } : {};
    this.logger.warn({ listener, client, target, ...detail }, cause);
  }

  private mayWrite(now: number): boolean {
    if (now - this.second >= 1_000) {
      this.second = now;
      this.linesInSecond = 0;
    }
    this.linesInSecond += 1;
    return this.linesInSecond <= mostASecond;
  }

  private foldLater(now: number): void {
    this.foldedAt = now;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const then = performance.now();
      this.writeFolded(then);
      for (const [key, one] of this.known) {
        if (one.more === 0) this.known.delete(key);
        one.more = 0;
      }
      if (this.known.size > 0) this.foldLater(then);
    }, foldTime).unref();
  }

  private writeFolded(now: number): void {
    const repeated = [...this.known.values()].filter(({ more }) => more > 0).sort((a, b) => b.more - a.more);
    const seconds = Math.max(1, Math.round((now - this.foldedAt) / 1_000));
    const own = repeated.filter(({ firstLine, more }) => firstLine === 'written' || more > 1).slice(0, mostFolded);
    for (const { reason, target, more } of own) {
      this.logger.warn(`... ${more} more in ${seconds} s: ${reason}, target ${target}`);
    }
    const others = repeated.filter((one) => !own.includes(one));
    if (others.length === 0) return;
    const byReason = new Map<CloseReason, number>();
    for (const { reason, more } of others) byReason.set(reason, (byReason.get(reason) ?? 0) + more);
    const sum = others.reduce((all, { more }) => all + more, 0);
    const causes = [...byReason].map(([reason, count]) => `${reason} ${count}`).join(', ');
    const targets = new Set(others.map(({ target }) => target)).size;
    this.logger.warn(`... ${sum} more in ${seconds} s: ${causes}, at ${targets} target${targets === 1 ? '' : 's'}`);
  }
}
