import type { MachineFacts } from '../base/machine-facts.ts';
import type { Outcome } from '../base/problem.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { PlannedEngine } from './plan.ts';

/** The engine for this configuration on this machine: `auto` takes splice wherever it works. */
export function planEngine(loaded: LoadedConfig, { splice }: MachineFacts): Outcome<PlannedEngine> {
  const wanted = loaded.config.engine;
  if (wanted === 'stream') return { ok: true, value: { name: 'stream', why: 'asked for' } };
  if (splice.usable) {
    const why = wanted === 'splice' ? 'asked for' : 'zero-copy; it works here';
    return { ok: true, value: { name: 'splice', why } };
  }
  if (wanted === 'auto')
    return { ok: true, value: { name: 'stream', why: `portable; splice does not work here: ${splice.why}` } };
  const message = `Cannot use the splice engine: ${splice.why}; write auto or stream`;
  return { ok: false, problems: [{ place: loaded.place(['engine']), message }] };
}
