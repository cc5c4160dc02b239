import type { CloseReason } from '../base/close-reason.ts';

/** Why a client was not let in. A closed set: logs and metrics rely on these words. */
export type Denial =
  | 'address'
  | 'source sessions'
  | 'source rate'
  | 'service sessions'
  | 'target sessions'
  | 'possible loop';

/** How the session of such a client ends: `denied` is who may not come at all, `limit` who may come later. */
export function closeReasonOf(denial: Denial): CloseReason & ('denied' | 'limit') {
  return denial === 'address' ? 'denied' : 'limit';
}
