import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { PlannedEngine } from './plan.ts';

/** With a problem, `engine` is the stream engine, which works everywhere. */
export interface ChosenEngine {
  readonly engine: PlannedEngine;
  readonly problems: readonly Problem[];
}

/** The engine for this configuration on this machine: `auto` takes splice wherever it works. */
export function planEngine(loaded: LoadedConfig, { splice }: MachineFacts): ChosenEngine {
  const wanted = loaded.config.engine;
  if (wanted === 'stream') return { engine: { name: 'stream', why: 'asked for' }, problems: [] };
  if (splice.usable) {
    const why = wanted === 'splice' ? 'asked for' : 'zero-copy; it works here';
    return { engine: { name: 'splice', why }, problems: [] };
  }
  const engine = { name: 'stream', why: `portable; splice does not work here: ${splice.why}` } as const;
  if (wanted === 'auto') return { engine, problems: [] };
  const message = `Cannot use the splice engine: ${splice.why}; write auto or stream`;
  return { engine, problems: [{ place: loaded.place(['engine']), message }] };
}
