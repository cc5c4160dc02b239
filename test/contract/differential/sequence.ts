/** Which end of a session acts. */
export type Side = 'client' | 'target';

/** One step: what one end does, or a few turns of the event loop without one. */
export type Step =
  | { readonly side: Side; readonly does: 'write'; readonly bytes: number }
  | { readonly side: Side; readonly does: Deed }
  | { readonly does: 'turns'; readonly count: number };

/**
 * - `pause`, `resume`: reading stops, goes on
 * - `finish`: a FIN after what was written
 * - `reset`: a RST at once (SO_LINGER 0), whatever is unsent
 * - `abort`: the socket is destroyed: a FIN, or a RST where input is unread (RFC 2525, 2.17)
 * - `barrier`: waits until the other end, which has to read on, has seen all that was sent, the FIN included
 */
type Deed = 'pause' | 'resume' | 'finish' | 'reset' | 'abort' | 'barrier';

/** What happens in one session. Steps of an end that has left or finished, and can do them no more, are passed over. */
export interface Sequence {
  /**
   * So many steps at the beginning come before the target is dialed, as long as they are the client's and need none.
   */
  readonly early: number;
  readonly steps: readonly Step[];
  /** The end that finishes first when all steps are done and neither has. */
  readonly finishesFirst: Side;
  /**
   * Whether it is looked up, when an end leaves, how much was acknowledged to it: that takes long.
   */
  readonly asksKernel: boolean;
}

/** The first of `steps` that are done before the target is dialed. */
export function earlySteps({ early, steps }: Sequence): readonly Step[] {
  const needsTarget = steps.findIndex((step) => !canBeEarly(step));
  return steps.slice(0, needsTarget < 0 ? early : Math.min(early, needsTarget));
}

function canBeEarly(step: Step): boolean {
  if (step.does === 'turns') return true;
  return step.side === 'client' && (step.does === 'write' || step.does === 'finish');
}

/** The sequence in a line, for people. */
export function inWords(sequence: Sequence): string {
  const early = earlySteps(sequence).length;
  const steps = sequence.steps.map((step) => {
    if (step.does === 'turns') return `${step.count} turns`;
    return step.does === 'write' ? `${step.side} write ${step.bytes}` : `${step.side} ${step.does}`;
  });
  steps.splice(early, 0, 'dial');
  return `${steps.join(', ')}; ${sequence.finishesFirst} finishes first`;
}
