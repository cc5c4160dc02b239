import type { Ip } from '../base/ip.ts';
import type { Engine, Leg } from '../engine/engine.ts';
import type { PlannedListener, PlannedSessionTimeouts } from '../plan/plan.ts';
import type { Admission } from '../policy/admission.ts';
import type { Denial } from '../policy/denial.ts';
import type { LoopLimit } from '../policy/loop-limit.ts';
import type { QuickEnds } from '../policy/quick-ends.ts';
import type { ListenerLoad, SessionLimit } from '../policy/session-limit.ts';
import type { DialSources } from '../upstream/dial-sources.ts';
import type { Pool } from '../upstream/pool.ts';
import type { Dialer } from '../upstream/target-dial.ts';
import type { SessionObserver } from './session-events.ts';
import type { SessionTable } from './session-table.ts';

/** What every session of a gateway works with. */
export interface SessionContext {
  readonly engine: Engine;
  readonly dialer: Dialer<Leg>;
  readonly limit: SessionLimit;
  readonly table: SessionTable;
  readonly observer: SessionObserver;
  /**
   * A client of the service or forward named (`PlannedListener.rules`) was denied; `source` where it is known. Must not
   * throw.
   */
  denied(rules: string, denial: Denial, source: Ip | undefined): void;
}

/** What holds for the clients of one listener. It is looked up for each client: a session never closes over a plan. */
export interface SessionRoute {
  readonly listener: PlannedListener;
  readonly load: ListenerLoad;
  readonly admission: Admission;
  readonly pool: Pool;
  /** The addresses that its targets are dialed from. */
  readonly dialFrom: DialSources;
  /** One for all listeners of a gateway. */
  readonly loops: LoopLimit;
  /** One for all listeners of a service or forward. */
  readonly quickEnds: QuickEnds;
  readonly timeouts: PlannedSessionTimeouts;
  /** A target gets a PROXY header, so the client's address must be read while the connection lives. */
  readonly sendsProxyHeader: boolean;
}
