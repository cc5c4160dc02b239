import { chooseLoop } from '../../../src/engine/loop.ts';
import { SpliceEngine } from '../../../src/engine/splice/splice-engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { loadLibc } from '../../../src/libc/libc.ts';
import { unacknowledgedBytes } from '../../../src/libc/unacknowledged-bytes.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;

/**
 * The engines to compare: a new one is added here alone. The stream engine's public way is not among them: its
 * loss of input after a failed write is a documented limit.
 */
export const enginesToCompare: readonly Pick<EngineUnderTest, 'name' | 'create'>[] = [
  { name: 'stream', create: (options) => new StreamEngine({ ...options, unacknowledged: unacknowledgedBytes(libc) }) },
  { name: 'splice', create: () => new SpliceEngine(libc, chooseLoop(libc), { pipes: 32 }) },
];
