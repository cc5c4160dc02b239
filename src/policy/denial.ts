import type { CloseReason } from '../base/close-reason.ts';
import type { DialDenial } from './pending-dials.ts';

/** Why a client was not let in. A closed set: logs and metrics rely on these words. */
export type Denial =
  | 'address'
  | 'source sessions'
  | 'source rate'
  | 'service sessions'
  | 'possible loop'
  | TargetDenial;

/** Why no session may go to a target: `perTarget` is used up, or dials of it are too many (`PendingDials`). */
export type TargetDenial = 'target sessions' | DialDenial;

/** How the session of such a client ends. `denied` is final; with the other reasons it may be admitted later. */
export function closeReasonOf(denial: Denial): CloseReason & ('denied' | 'limit' | 'no answer') {
  if (denial === 'no answer') return denial;
  return denial === 'address' ? 'denied' : 'limit';
}
