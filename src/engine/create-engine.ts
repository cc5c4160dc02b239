import { loadLibc } from '../libc/libc.ts';
import { findSmallQueues } from '../libc/small-queues.ts';
import { findUnacknowledgedBytes } from '../libc/unacknowledged-bytes.ts';
import type { Engine, EngineLimits } from './engine.ts';
import { chooseLoop } from './loop.ts';
import { SpliceEngine } from './splice/splice-engine.ts';
import { StreamEngine } from './stream/stream-engine.ts';

/** Makes the engine that a plan names, in the loop of this thread. Throws where it cannot be made. */
export async function createEngine(name: 'splice' | 'stream', limits: EngineLimits): Promise<Engine> {
  if (name === 'stream') {
    const [unacknowledged, small] = [await findUnacknowledgedBytes(), await findSmallQueues()];
    return new StreamEngine({ ...limits, unacknowledged, smallQueues: small });
  }
  const loaded = await loadLibc();
  if (!loaded.ok) throw new Error(`Cannot make the splice engine: ${loaded.why}`);
  return new SpliceEngine(loaded.libc, chooseLoop(loaded.libc), limits);
}
