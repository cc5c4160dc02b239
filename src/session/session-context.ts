import type { Ip } from '../base/ip.ts';
import type { Denial } from '../policy/denial.ts';
import type { SessionLimit } from '../policy/session-limit.ts';
import type { DialContext } from './dial-target.ts';
import type { SessionObserver } from './session-events.ts';
import type { SessionTable } from './session-table.ts';

/** What every session of a gateway works with. */
export interface SessionContext extends DialContext {
  readonly limit: SessionLimit;
  readonly table: SessionTable;
  readonly observer: SessionObserver;
  /** A client of the service or forward named (`PlannedListener.rules`) was denied; `source` where it is known. Must not throw. */
  denied(rules: string, denial: Denial, source: Ip | undefined): void;
}
