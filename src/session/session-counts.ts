import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import type { Admission } from '../policy/admission.ts';
import type { FreshTables } from '../policy/fresh-tables.ts';
import type { PossibleLoop } from '../policy/loop-limit.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { SessionRoute } from './session-context.ts';

/**
 * Where one session is counted: in admission, at its target, as a dial under way, as a possible loop. Each count ends
 * once.
 */
export class SessionCounts {
  /** Where the client comes from, for limits and balancing; absent until it is admitted. */
  source: Ip | undefined = undefined;
  private readonly route: SessionRoute;
  private readonly session: PossibleLoop;
  /** The address that connected, whatever its PROXY header says; absent until it is admitted. */
  private peer: Ip | undefined = undefined;
  private loop: 'no' | 'possible' = 'no';
  /** The admission that has counted it. */
  private admission: Admission | null = null;
  /** The target whose sessions include it. */
  private target: PoolTarget | null = null;
  /** The target that it is dialing. */
  private dialed: PoolTarget | null = null;

  constructor(route: SessionRoute, session: PossibleLoop) {
    this.route = route;
    this.session = session;
  }

  /** `admit` has counted it. `source` and `peer` as there; `first` is the target that it tries first. */
  admitted(source: Ip, peer: Ip, first: PoolTarget | 'no target'): void {
    this.source = source;
    this.peer = peer;
    this.admission = this.route.admission;
    if (first !== 'no target' && this.route.loops.mayLoop(peer, first.ip)) this.enterLoop();
  }

  /** It dials `target` now, and has left the one before. */
  chosen(target: PoolTarget): void {
    this.leaveTarget();
    this.target = target;
    this.route.pool.enter(target);
    this.dialed = target;
    this.route.admission.enterTarget(target, performance.now());
  }

  dialEnded(outcome: 'answer' | 'no answer', now: number): void {
    const { dialed } = this;
    if (dialed === null) return;
    this.dialed = null;
    this.route.admission.endDial(dialed, outcome, now);
  }

  leaveTarget(): void {
    const { target } = this;
    if (target === null) return;
    this.target = null;
    this.route.pool.leave(target);
    this.route.admission.leaveTarget(target);
  }

  /** No connection was made, which could be the next session of a loop. */
  notConnected(): void {
    if (this.loop === 'possible') this.route.loops.release(this.session);
    this.loop = 'no';
  }

  /**
   * Whether the connection to its target may be used. The address of a name, or of a later target, is known only now:
   * it may be the client's own host.
   */
  mayRelay(targetIp: Ip | undefined): boolean {
    const { peer, route } = this;
    if (this.loop === 'possible' || peer === undefined) return true;
    if (peer !== targetIp || !route.loops.mayLoop(peer, peer)) return true;
    if (!route.loops.hasRoom(performance.now())) return false;
    this.enterLoop();
    return true;
  }

  /** An update of limits has made these tables anew (`Admission.update`): counts the session in them, too. */
  restore(fresh: FreshTables): void {
    if (this.source !== undefined) this.admission?.restore(this.source, this.target, fresh);
  }

  /** The session has ended. @param unansweredFor its age in milliseconds, where it was relayed without an answer */
  leave(now: number, unansweredFor: number | undefined): void {
    const { peer, route } = this;
    this.dialEnded('no answer', now);
    this.leaveTarget();
    if (this.loop === 'possible') route.loops.leave(this.session, now);
    if (unansweredFor !== undefined && peer !== undefined) route.quickEnds.ended(peer, unansweredFor, now);
    if (this.source !== undefined) this.admission?.leave(this.source, now);
    this.admission = null;
  }

  private enterLoop(): void {
    this.loop = 'possible';
    this.route.loops.enter(this.session);
  }
}
