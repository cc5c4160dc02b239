/**
 * The kind of a lookup, by its purpose and by the last lookup of that name:
 * - `answered`, `new`, `hung`: a session needs it; the last lookup was answered in time, there was none, or it hung
 * - `check`, `hung check`: only an active health check needs it; the last lookup did not hang, or did
 */
export type LookupKind = 'answered' | 'new' | 'hung' | 'check' | 'hung check';

/** A lookup that waits for a place or has one. The queue alone changes it. */
export interface QueuedLookup {
  kind: LookupKind;
  state: 'waiting' | 'running';
  readonly start: () => void;
}

/** In the order in which they get a free place. */
const kinds = ['answered', 'new', 'hung', 'check', 'hung check'] as const satisfies readonly LookupKind[];

/** Lookups that may run for names whose last lookup hung. */
const mostHung = 16;

/**
 * Decides which lookups run. getaddrinfo(3) keeps its thread until it returns, which takes 5 to 30 s where a name
 * server is silent, and it cannot be cancelled. So each kind of lookup may have a part of the places. Of 33:
 *
 *     answered     all 33
 *     new          25 together with all kinds below: 8 are reserved for names that answer
 *     hung         16 together with `hung check`; a name that hangs for the first time keeps its place, and counts here
 *     hung check    2
 *     check         4 together with `hung check`
 *
 * So 16 names with a silent name server leave places to every other name. More than 25 at once can delay names that
 * were never looked up, until their getaddrinfo(3) returns. More than 33 that become silent at the same moment delay
 * all names without an earlier answer. Within a kind, the first that waits is the first to run.
 */
export class LookupQueue {
  private readonly places: number;
  private readonly waiting: Readonly<Record<LookupKind, Set<QueuedLookup>>>;
  private readonly running: Record<LookupKind, number>;

  /** @param places lookups that the system runs at once, 1 or more */
  constructor(places: number) {
    this.places = places;
    const sets = { answered: new Set<QueuedLookup>(), new: new Set<QueuedLookup>(), hung: new Set<QueuedLookup>() };
    this.waiting = { ...sets, check: new Set<QueuedLookup>(), 'hung check': new Set<QueuedLookup>() };
    this.running = { answered: 0, new: 0, hung: 0, check: 0, 'hung check': 0 };
  }

  /** Adds a lookup that waits. `start` is called once it has a place, which may be before this returns. */
  add(entry: QueuedLookup): void {
    this.waiting[entry.kind].add(entry);
    this.proceed();
  }

  /** The lookup is of another kind from now on: a session needs it too, or it hangs. */
  change(entry: QueuedLookup, kind: LookupKind): void {
    if (entry.state === 'running') {
      this.running[entry.kind] -= 1;
      this.running[kind] += 1;
      entry.kind = kind;
      return;
    }
    this.waiting[entry.kind].delete(entry);
    entry.kind = kind;
    this.waiting[kind].add(entry);
    this.proceed();
  }

  /** A running lookup has returned: its place is free. */
  done({ kind }: QueuedLookup): void {
    this.running[kind] -= 1;
    this.proceed();
  }

  private proceed(): void {
    for (const kind of kinds) {
      for (const entry of this.waiting[kind]) {
        if (!this.hasPlace(kind)) break;
        this.waiting[kind].delete(entry);
        entry.state = 'running';
        this.running[kind] += 1;
        entry.start();
      }
    }
  }

  private hasPlace(kind: LookupKind): boolean {
    const { places, running } = this;
    const checks = running.check + running['hung check'];
    const proven = running.answered;
    const total = proven + running.new + running.hung + checks;
    if (total >= places) return false;
    if (kind === 'answered') return true;
    if (total - proven >= places - Math.floor(places / 4)) return false;
    if (kind === 'new') return true;
    // With few places, lookups that hang and checks together leave one free, where there is more than one.
    if (running.hung + checks >= Math.max(1, places - 1)) return false;
    const hung = running.hung + running['hung check'];
    if (kind !== 'check' && hung >= Math.min(mostHung, atLeastOne(places / 2))) return false;
    if (kind === 'hung') return true;
    const mostChecks = atLeastOne(places / 8);
    if (checks >= mostChecks) return false;
    return kind === 'check' || running['hung check'] < atLeastOne(mostChecks / 2);
  }
}

function atLeastOne(share: number): number {
  return Math.max(1, Math.floor(share));
}
