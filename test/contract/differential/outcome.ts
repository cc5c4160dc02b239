import type { CloseReason } from '../../../src/base/close-reason.ts';
import type { Deeds, Passage, Seen } from './model.ts';

/** What one end did and saw. */
export interface EndOutcome extends Deeds {
  readonly saw: Seen;
  readonly sent: number;
  readonly received: number;
  readonly exact: boolean;
  readonly input: 'kept' | 'lost';
  /** What the other end sent to it. */
  readonly passage: Passage;
}

/** How a session went. */
export interface Outcome {
  readonly client: EndOutcome;
  readonly target: EndOutcome;
  /** Where there is a relay. */
  readonly relay?: { readonly reason: CloseReason; readonly bytesToTarget: number; readonly bytesToClient: number };
}
