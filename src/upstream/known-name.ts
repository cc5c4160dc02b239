import { errnoOf } from '../base/errors.ts';
import { checkPhaseTimer } from './check-phase-timer.ts';
import type { LookupKind, LookupQueue, QueuedLookup } from './lookup-queue.ts';

/** The system's lookup of a name; rejects where there is no address. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

/** What a name is needed for. */
export type LookedUpBy = 'session' | 'check';

/** The outcome of a lookup. */
export type Resolved =
  /** In the order to try them. */
  | { readonly ok: true; readonly addresses: readonly string[] }
  /**
   * - `lookup failed`: there was an answer, and it names no address
   * - `lookup timed out`: no name server answered in time
   * - `lookup not started`: other lookups that hang had all places until the time was over
   */
  | {
      readonly ok: false;
      readonly reason: 'lookup failed' | 'lookup timed out' | 'lookup not started';
      readonly error: Error;
    };

/**
 * A name's lookup began to hang, or was answered in time again. At most one `hangs` a minute and name, and `answered`
 * only after such a one.
 */
export type LookupEvent =
  | {
      readonly kind: 'hangs';
      readonly name: string;
      /** Milliseconds since the answer that is used meanwhile; absent where there is none. */
      readonly age?: number;
    }
  | { readonly kind: 'answered'; readonly name: string };

/** What the names of a gateway share. */
export interface NameContext {
  readonly lookup: Lookup;
  readonly queue: LookupQueue;
  /** Milliseconds for which the last good answer may serve while a lookup hangs. Another plan may change it. */
  stale: number;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  readonly onEvent: (event: LookupEvent) => void;
}

/**
 * A lookup that takes so many milliseconds hangs. glibc waits a second for a name server at least (resolv.conf(5),
 * `timeout`), so that each lookup that ends by that time-out counts as one that hung.
 */
const hanging = 500;
/** Milliseconds until the last good answer serves for a name whose last lookup hung, or that has no place yet. */
const hangingAgain = 50;
/** Milliseconds between two `hangs` events of a name. */
const reportedEvery = 60_000;

/** The one lookup of a name that is under way, or waits for its place. */
interface Running {
  readonly queued: QueuedLookup;
  /** Called once, with the outcome. */
  readonly waiters: Set<(resolved: Resolved) => void>;
  /** `late`: it has taken so long that the last good answer serves; `hung`: it hangs. */
  state: 'in time' | 'late' | 'hung';
  cancelLate: () => void;
  cancelHung: () => void;
}

/**
 * What is known of a name, and its one lookup at a time:
 *
 *     no lookup -- a session or a check needs the name --> waiting -- a place is free --> running -- answer --> no
 *     lookup
 *
 * Each session causes a lookup, or shares the one that runs, so that a changed record is followed. Where that lookup
 * hangs, sessions get the last good answer, and the lookup goes on; its answer replaces the old one. "There is no such
 * name" is an answer, too, and ends the use of the old one.
 *
 * A lookup stays in the queue when no session waits for it any more. Sessions give up after `dial`; where many names
 * hang, no lookup at the end of the queue would ever run.
 */
export class KnownName {
  private readonly host: string;
  private readonly context: NameContext;
  private standing: 'new' | 'answered' | 'hung' = 'new';
  private good: { readonly addresses: readonly string[]; readonly at: number } | undefined;
  private running: Running | undefined;
  private reported: { readonly kind: LookupEvent['kind']; readonly at: number } | undefined;

  constructor(host: string, context: NameContext) {
    this.host = host;
    this.context = context;
  }

  /** Whether it may be forgotten: no lookup is under way. */
  get idle(): boolean {
    return this.running === undefined;
  }

  /** Whether its lookup waits for a place. */
  get waiting(): boolean {
    return this.running?.queued.state === 'waiting';
  }

  /**
   * Calls `waiter` with the outcome of a lookup, which may be before this returns.
   *
   * @returns gives up waiting
   */
  need(by: LookedUpBy, waiter: (resolved: Resolved) => void): () => void {
    const running = this.running ?? this.start(by);
    const { queued, waiters, state } = running;
    // A session needs it now, so that it does not have to wait for the few places of checks.
    if (by === 'session' && this.waiting && isCheck(queued.kind)) this.context.queue.change(queued, this.kindFor(by));
    const stale = state === 'in time' ? undefined : this.stale();
    if (stale !== undefined) {
      waiter(stale);
      return () => {};
    }
    waiters.add(waiter);
    return () => {
      waiters.delete(waiter);
    };
  }

  private start(by: LookedUpBy): Running {
    const queued: QueuedLookup = { kind: this.kindFor(by), state: 'waiting', start: () => void this.lookUp(running) };
    const running: Running = { queued, waiters: new Set(), state: 'in time', cancelLate() {}, cancelHung() {} };
    this.running = running;
    this.context.queue.add(queued);
    if (this.good !== undefined && (this.standing === 'hung' || this.waiting)) {
      running.cancelLate = checkPhaseTimer(hangingAgain, () => this.become('late', running));
    }
    return running;
  }

  private async lookUp(running: Running): Promise<void> {
    const { lookup, queue } = this.context;
    running.cancelHung = checkPhaseTimer(hanging, () => this.become('hung', running));
    const outcome = await found(this.host, lookup);
    running.cancelLate();
    running.cancelHung();
    this.running = undefined;
    this.learn(outcome, running.state);
    const served = outcome.ok || !isTimeout(outcome.error, running.state) ? outcome : this.timedOut(outcome.error);
    for (const waiter of running.waiters) waiter(served);
    queue.done(running.queued);
  }

  /** The lookup has not been answered in time. */
  private become(state: 'late' | 'hung', running: Running): void {
    running.state = state;
    const stale = this.stale();
    if (state === 'hung') {
      this.standing = 'hung';
      this.context.queue.change(running.queued, isCheck(running.queued.kind) ? 'hung check' : 'hung');
      this.report('hangs');
    }
    if (stale === undefined) return;
    for (const waiter of running.waiters) waiter(stale);
    running.waiters.clear();
  }

  private learn(outcome: Resolved, state: Running['state']): void {
    if (outcome.ok && outcome.addresses.length > 0) {
      this.good = { addresses: outcome.addresses, at: this.context.clock() };
    } else if (outcome.ok || errnoOf(outcome.error) === 'ENOTFOUND') this.good = undefined;
    if (state === 'hung') return;
    this.standing = 'answered';
    this.report('answered');
  }

  private stale(): Resolved | undefined {
    const { good } = this;
    if (good === undefined || this.context.clock() - good.at >= this.context.stale) return undefined;
    return { ok: true, addresses: good.addresses };
  }

  private timedOut(cause: Error): Resolved {
    const what = `no answer from a name server (${errnoOf(cause) ?? cause.message})`;
    const message = `Cannot look up ${this.host}: ${what}; check that this machine's name servers answer`;
    return { ok: false, reason: 'lookup timed out', error: new Error(message, { cause }) };
  }

  private kindFor(by: LookedUpBy): LookupKind {
    if (by === 'session') return this.standing;
    return this.standing === 'hung' ? 'hung check' : 'check';
  }

  private report(kind: LookupEvent['kind']): void {
    const { reported, good } = this;
    const now = this.context.clock();
    if (kind === 'answered') {
      if (reported?.kind !== 'hangs') return;
      this.reported = { kind, at: reported.at };
      this.context.onEvent({ kind, name: this.host });
      return;
    }
    if (reported !== undefined && now - reported.at < reportedEvery) return;
    this.reported = { kind, at: now };
    const served = this.stale() === undefined ? undefined : good;
    this.context.onEvent({ kind, name: this.host, ...(served !== undefined && { age: now - served.at }) });
  }
}

function isCheck(kind: LookupKind): boolean {
  return kind === 'check' || kind === 'hung check';
}

async function found(host: string, lookup: Lookup): Promise<Resolved> {
  try {
    const answer = await lookup(host);
    return { ok: true, addresses: answer.map(({ address }) => address) };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { ok: false, reason: 'lookup failed', error };
  }
}

/** getaddrinfo(3) returns EAI_AGAIN for servers that failed and for silent ones; only the time differs. */
function isTimeout(error: Error, state: Running['state']): boolean {
  return state === 'hung' && errnoOf(error) === 'EAI_AGAIN';
}
