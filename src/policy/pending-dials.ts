/** Why a target is not dialed now. */
export type DialDenial = 'no answer' | 'dials';

/** Dials of one target that may be under way while it is silent. */
const mostUnanswered = 16;
/** Dials beyond the share of a target that has answered before: a few clients that come at once. */
const mostExpected = 64;
/** Milliseconds without an answer after which a target is silent. */
const patience = 10_000;
/** Milliseconds for which a target that has answered is expected to answer again. */
const lately = 1_000;
/** Dials under way are this share of all sessions at most. */
const share = 4;

/** The dials of one target. */
interface TargetDials {
  /** Under way now. */
  pending: number;
  /** When the first dial began that no answer followed; infinity: there is none. */
  unansweredSince: number;
  /** When it answered last. */
  answeredAt: number;
  /** When its last dial ended. */
  endedAt: number;
}

/**
 * Bounds the sessions that wait for a target to answer, so that clients of absent hosts do not take all of them:
 *
 * - A target that has not answered for 10 s has 16 dials under way at most. There is always one that tries, so that a
 *   host is reachable the moment it is up. An answer is a connection or a refusal.
 * - At most a quarter of all sessions dial at once. Silent targets must not use up the dials of others: beyond the
 *   quarter a target may still be dialed where no dial of it is under way, where it has answered within the last
 *   second (up to half of all sessions), and where it has ever answered and its oldest unanswered dial is younger than
 *   a second (up to 64 dials).
 *
 * A target is a host and a port: a firewall may drop packets to one port alone, and clients of that port must not keep
 * others from the rest. It is named as the plan spells it, so that its targets bound the memory (`keep`). `now` is in
 * monotonic milliseconds.
 */
export class PendingDials {
  private most: number;
  private readonly targets = new Map<string, TargetDials>();
  private all = 0;

  /** @param sessions sessions at once in all */
  constructor(sessions: number) {
    this.most = mostOf(sessions);
  }

  /** Other sessions at once in all; dials under way go on. */
  update(sessions: number): void {
    this.most = mostOf(sessions);
  }

  /** Forgets the targets that no plan has any more, once no dial of them is under way. */
  keep(names: ReadonlySet<string>): void {
    for (const [name, { pending }] of this.targets) if (pending === 0 && !names.has(name)) this.targets.delete(name);
  }

  /** Targets that are remembered. */
  get known(): number {
    return this.targets.size;
  }

  /** Dials that are under way. */
  get size(): number {
    return this.all;
  }

  /** Whether one dial more of this target is too many, and why. */
  check(target: string, now: number): DialDenial | undefined {
    const dials = this.targets.get(target);
    if (dials === undefined || dials.pending === 0) return undefined;
    if (dials.pending >= mostUnanswered && now - dials.unansweredSince >= patience) return 'no answer';
    return this.all >= this.most && !this.isExpected(dials, now) ? 'dials' : undefined;
  }

  /** A dial of this target begins. */
  begin(target: string, now: number): void {
    let dials = this.targets.get(target);
    if (dials === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      dials = { pending: 0, unansweredSince: Number.POSITIVE_INFINITY, answeredAt: never, endedAt: never };
      this.targets.set(target, dials);
    }
    // A target that was not dialed for a while has not been silent meanwhile.
    if (dials.pending === 0 && now - dials.endedAt >= patience) dials.unansweredSince = Number.POSITIVE_INFINITY;
    dials.unansweredSince = Math.min(dials.unansweredSince, now);
    dials.pending += 1;
    this.all += 1;
  }

  /** The counterpart of `begin`, once for each. */
  end(target: string, outcome: 'answer' | 'no answer', now: number): void {
    const dials = this.targets.get(target);
    if (dials === undefined || dials.pending === 0) return;
    dials.pending -= 1;
    dials.endedAt = now;
    this.all -= 1;
    if (outcome === 'no answer') return;
    dials.answeredAt = now;
    dials.unansweredSince = dials.pending === 0 ? Number.POSITIVE_INFINITY : now;
  }

  /** Whether an answer to one dial more is to be expected soon. */
  private isExpected({ pending, answeredAt, unansweredSince }: TargetDials, now: number): boolean {
    if (now - answeredAt < lately && pending < 2 * this.most) return true;
    return answeredAt > Number.NEGATIVE_INFINITY && pending < mostExpected && now - unansweredSince < lately;
  }
}

/** Dials under way at once, of so many sessions. */
function mostOf(sessions: number): number {
  return Math.max(1, Math.floor(sessions / share));
}
