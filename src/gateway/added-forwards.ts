/** A forward that the operator has added while the gateway runs. */
export interface AddedForward {
  /** `LISTEN=TARGET` as typed. */
  readonly text: string;
  /** The part before `=`, as forwards are named. */
  readonly listen: string;
  /** Milliseconds since the epoch; absent: until it is removed, or the gateway ends. */
  readonly until?: number;
}

/** Node's timers fire at once beyond 2^31-1 ms. */
const longestTimer = 2 ** 31 - 1;
/** Milliseconds until a forward that could not be removed expires again. */
const retryAfter = 60_000;

/** The forwards that were added while the gateway runs, with their timers. */
export class AddedForwards {
  private readonly forwards = new Map<string, AddedForward>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly onExpired: (listen: string) => void;

  /** `onExpired`: the time of a forward is over; it stays until `remove`. */
  constructor(onExpired: (listen: string) => void) {
    this.onExpired = onExpired;
  }

  all(): readonly AddedForward[] {
    return [...this.forwards.values()];
  }

  /** What was typed. @param without forwards that are left out, by what they listen on */
  texts(without: readonly string[] = []): readonly string[] {
    const left = without.map(listenText);
    return this.all().flatMap(({ text, listen }) => (left.includes(listen) ? [] : [text]));
  }

  has(listen: string): boolean {
    return this.forwards.has(listenText(listen));
  }

  /** `forMs`: milliseconds until `onExpired`. */
  add(texts: readonly string[], forMs: number | undefined): void {
    for (const text of texts) {
      const listen = listenText(text.split('=')[0] ?? text);
      const until = forMs === undefined ? {} : { until: Date.now() + forMs };
      this.forwards.set(listen, { text, listen, ...until });
      if (forMs !== undefined) this.wait(listen, forMs);
    }
  }

  remove(listen: readonly string[]): void {
    for (const one of listen.map(listenText)) {
      clearTimeout(this.timers.get(one));
      this.timers.delete(one);
      this.forwards.delete(one);
    }
  }

  /** The time of a forward is over, but it could not be removed. */
  expireLater(listen: string): void {
    this.wait(listen, retryAfter);
  }

  /** No forward expires any more. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private wait(listen: string, left: number): void {
    const piece = Math.min(left, longestTimer);
    const timer = setTimeout(() => {
      if (left > piece) this.wait(listen, left - piece);
      else this.onExpired(listen);
    }, piece).unref();
    this.timers.set(listen, timer);
  }
}

/** As the configuration names a forward: `:8080` and `*:8080` are `8080`. */
function listenText(text: string): string {
  const trimmed = text.trim();
  return /^\*?:(?=\d)/.test(trimmed) ? trimmed.slice(trimmed.indexOf(':') + 1) : trimmed;
}
