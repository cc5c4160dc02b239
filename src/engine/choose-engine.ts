import type { Engine } from './engine.ts';
import { StreamEngine } from './stream/stream-engine.ts';

export interface ChosenEngine {
  readonly engine: Engine;
  /** One line for people: why this engine. */
  readonly why: string;
}

/** The engine for `wanted`. */
export function chooseEngine(wanted: 'auto' | 'stream', options: { readonly waitingRoom: number }): ChosenEngine {
  return {
    engine: new StreamEngine(options),
    why: wanted === 'stream' ? 'asked for' : 'portable, runs everywhere',
  };
}
