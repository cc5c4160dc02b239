import type { Ip } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import type { PlannedLimits, PlannedRules } from '../plan/plan.ts';
import type { Denial, TargetDenial } from './denial.ts';
import type { FreshTables } from './fresh-tables.ts';
import { PendingDials } from './pending-dials.ts';
import type { SourceTableOptions } from './source-table.ts';
import { SourceTiers } from './source-tiers.ts';
import { TargetLoads } from './target-loads.ts';

type GlobalLimits = Partial<Pick<PlannedLimits, 'perSource' | 'perTarget' | 'sessions'>>;

/** The limits over all services and forwards together, and how far they are used. One for a gateway. */
export class GlobalScope {
  readonly sources: SourceTiers;
  readonly targets: TargetLoads;
  readonly dials: PendingDials;

  /** Without `sessions`, any number of sessions may dial at once. */
  constructor({ perSource, perTarget, sessions = unlimited }: GlobalLimits, options?: SourceTableOptions) {
    this.sources = new SourceTiers(perSource, options);
    this.targets = new TargetLoads(perTarget);
    this.dials = new PendingDials(sessions);
  }

  /** As that of `Admission`. */
  update({ perSource, perTarget, sessions = unlimited }: GlobalLimits, fresh: FreshTables, now: number): void {
    this.sources.update(perSource, fresh, now);
    if (this.targets.update(perTarget) === 'uncounted') fresh.add(this.targets);
    this.dials.update(sessions);
  }
}

const unlimited = Number.POSITIVE_INFINITY;
const nobody = new IpSet([]);

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
  private allow = nobody;
  private deny = nobody;
  private headerFrom = nobody;
  private access: 'everyone' | 'by address' = 'by address';
  private mostSessions = 0;
  private readonly sources: SourceTiers;
  private readonly targets = new TargetLoads(undefined);
  private readonly globals: GlobalScope;
  private entered = 0;

  /** `options` are those of its own sources. */
  constructor(rules: PlannedRules, globals: GlobalScope, options?: SourceTableOptions) {
    this.globals = globals;
    this.sources = new SourceTiers(undefined, options);
    this.update(rules, new Set(), 0);
  }

  /**
   * Other rules from now on; sessions that live are not ended. Counts live on where what they count is the same. Tables
   * that are made anew are added to `fresh`: every live session has to be counted in them, by `restore`, before any
   * other call.
   */
  update({ access, limits, acceptProxyFrom }: PlannedRules, fresh: FreshTables, now: number): void {
    this.allow = IpSet.of(access.allow, this.allow);
    this.deny = IpSet.of(access.deny, this.deny);
    this.headerFrom = IpSet.of(acceptProxyFrom, this.headerFrom);
    this.access = this.allow.hasAll && this.deny.size === 0 ? 'everyone' : 'by address';
    this.mostSessions = limits.sessions ?? unlimited;
    this.sources.update(limits.perSource, fresh, now);
    if (this.targets.update(limits.perTarget) === 'uncounted') fresh.add(this.targets);
  }

  /**
   * Counts a session that lives already in those tables that are `fresh`, its own and global ones. It takes no token.
   *
   * @param target where `enterTarget` has counted it, and `leaveTarget` has not yet; else null
   */
  restore(ip: Ip, target: CountedTarget | null, fresh: FreshTables): void {
    this.globals.sources.restore(ip, fresh);
    this.sources.restore(ip, fresh);
    if (target === null) return;
    if (fresh.has(this.globals.targets)) this.globals.targets.enter(target.host);
    if (fresh.has(this.targets)) this.targets.enter(target.host);
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
    return this.globals.sources.check(ip, now) ?? this.sources.check(ip, now);
  }

  /** Counts an admitted client, until `leave`. */
  count(ip: Ip, now: number): void {
    this.entered += 1;
    this.globals.sources.enter(ip, now);
    this.sources.enter(ip, now);
  }

  /** The counterpart of `count`, exactly once, with the same address. */
  leave(ip: Ip, now: number): void {
    this.entered -= 1;
    this.globals.sources.leave(ip, now);
    this.sources.leave(ip, now);
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
