import type { PlannedListener, PlannedSessionTimeouts } from '../plan/plan.ts';
import type { Admission } from '../policy/admission.ts';
import type { LoopLimit } from '../policy/loop-limit.ts';
import type { QuickEnds } from '../policy/quick-ends.ts';
import type { ListenerLoad } from '../policy/session-limit.ts';
import type { DialSources } from '../upstream/dial-sources.ts';
import type { Pool } from '../upstream/pool.ts';

/** What holds for the clients of one listener, looked up when they come: a session never closes over a plan. */
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
  /** A target is told who the client is: its address must be asked for while the connection lives. */
  readonly tellsSource: boolean;
}
