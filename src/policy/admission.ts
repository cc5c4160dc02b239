import type { Ip } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import type { PlannedLimits, PlannedRules } from '../plan/plan.ts';
import type { Denial, TargetDenial } from './denial.ts';
import { PendingDials } from './pending-dials.ts';
import type { SourceTableOptions } from './source-table.ts';
import { SourceTiers } from './source-tiers.ts';
import { TargetLoads } from './target-loads.ts';

/** The limits over all services and forwards together, and how far they are used. One for a gateway. */
export class GlobalScope {
  /** Absent where sources are unlimited. */
  readonly sources: SourceTiers | undefined;
  readonly targets: TargetLoads;
  readonly dials: PendingDials;

  /** Without `sessions`, any number of sessions may dial at once. */
  constructor(
    {
      perSource,
      perTarget,
      sessions = Number.POSITIVE_INFINITY,
    }: Partial<Pick<PlannedLimits, 'perSource' | 'perTarget' | 'sessions'>>,
    options?: SourceTableOptions,
  ) {
    this.sources = perSource && new SourceTiers(perSource, options);
    this.targets = new TargetLoads(perTarget);
    this.dials = new PendingDials(sessions);
  }
}

/** A target as it is counted: sessions by its host, dials by host and port. */
export interface CountedTarget {
  /** `host:port`. */
  readonly name: string;
  /** As the plan spells it. */
  readonly host: string;
}

/**
 * Decides which clients one service or forward admits. It runs for every client, so it allocates nothing for IPv4. All
 * checks come before any count: a denied client takes nothing from others. `now` is in monotonic milliseconds.
 *
 *     expectsHeader(peer)? -> the header's address -> check -> checkTarget -> count .. enterTarget .. leaveTarget ..
 *     leave
 */
export class Admission {
  private readonly allow: IpSet;
  private readonly deny: IpSet;
  private readonly headerFrom: IpSet;
  private readonly access: 'everyone' | 'by address';
  private readonly mostSessions: number;
  private readonly sources: SourceTiers | undefined;
  private readonly targets: TargetLoads;
  private readonly globals: GlobalScope;
  private entered = 0;

  /** `options` are those of its own sources. */
  constructor({ access, limits, acceptProxyFrom }: PlannedRules, globals: GlobalScope, options?: SourceTableOptions) {
    this.allow = IpSet.of(access.allow);
    this.deny = IpSet.of(access.deny);
    this.headerFrom = IpSet.of(acceptProxyFrom);
    this.access = this.allow.hasAll && this.deny.size === 0 ? 'everyone' : 'by address';
    this.mostSessions = limits.sessions ?? Number.POSITIVE_INFINITY;
    this.sources = limits.perSource && new SourceTiers(limits.perSource, options);
    this.targets = new TargetLoads(limits.perTarget);
    this.globals = globals;
  }

  /** Sessions that are counted now. */
  get sessions(): number {
    return this.entered;
  }

  /** Whether a client from this address, its own one, must send a PROXY header. */
  expectsHeader(ip: Ip): boolean {
    return this.headerFrom.has(ip);
  }

  /**
   * Decides all but the target, and counts nothing. `undefined`: the client may be admitted. `ip` is its address,
   * by its PROXY header where it sends one.
   */
  check(ip: Ip, now: number): Denial | undefined {
    if (this.access === 'by address' && (this.deny.has(ip) || !this.allow.has(ip))) return 'address';
    if (this.entered >= this.mostSessions) return 'service sessions';
    return this.globals.sources?.check(ip, now) ?? this.sources?.check(ip, now);
  }

  /** Counts an admitted client, until `leave`. */
  count(ip: Ip, now: number): void {
    this.entered += 1;
    this.globals.sources?.enter(ip, now);
    this.sources?.enter(ip, now);
  }

  /** The counterpart of `count`, exactly once, with the same address. */
  leave(ip: Ip, now: number): void {
    this.entered -= 1;
    this.globals.sources?.leave(ip, now);
    this.sources?.leave(ip, now);
  }

  /** Why a target may not have one session more; `undefined` where it may. */
  checkTarget({ name, host }: CountedTarget, now: number): TargetDenial | undefined {
    if (!this.targets.hasRoom(host) || !this.globals.targets.hasRoom(host)) return 'target sessions';
    return this.globals.dials.check(name, now);
  }

  /** A session is with this target, and begins to dial it. */
  enterTarget({ name, host }: CountedTarget, now: number): void {
    this.targets.enter(host);
    this.globals.targets.enter(host);
    this.globals.dials.begin(name, now);
  }

  /** The dial that `enterTarget` began is over, once for each. */
  endDial({ name }: CountedTarget, outcome: 'answer' | 'no answer', now: number): void {
    this.globals.dials.end(name, outcome, now);
  }

  /** The counterpart of `enterTarget`, once for each. */
  leaveTarget({ host }: CountedTarget): void {
    this.targets.leave(host);
    this.globals.targets.leave(host);
  }
}
