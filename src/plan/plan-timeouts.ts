import type { Config } from '../config/schema.ts';
import type { OwnSettings } from '../config/scope-settings.ts';
import type { PlannedSessionTimeouts } from './plan.ts';

/** What `dialTotal` is where nobody says; a longer `dial` must have its time all the same. */
const defaultDialTotal = 10_000;

/** The time-outs of a service or forward: each of its own in place of the global one. */
export function sessionTimeouts(global: Config['timeouts'], own: OwnSettings['timeouts'] = {}): PlannedSessionTimeouts {
  const { drain: _, metadata: __, network: ___, ...merged } = { ...global, ...own };
  return { ...merged, dialTotal: merged.dialTotal ?? Math.max(defaultDialTotal, merged.dial) };
}
