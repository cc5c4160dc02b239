import { messageOf } from '../base/errors.ts';
import type { SpliceFact } from '../base/machine-facts.ts';
import { type LoadedLibc, loadLibc } from '../libc/libc.ts';
import { chooseLoop } from './loop.ts';
import { selfTest } from './splice/self-test.ts';

/**
 * Whether the splice engine works here: this is Linux, koffi loads, and bytes go through a real pair of sockets and a
 * pipe. Nothing is tried where `stream` is `wanted`.
 */
export async function findSplice(
  wanted: 'auto' | 'splice' | 'stream',
  load: () => Promise<LoadedLibc> = loadLibc,
): Promise<SpliceFact> {
  if (wanted === 'stream') return { usable: false, why: 'it was not looked for' };
  const loaded = await load();
  if (!loaded.ok) return { usable: false, why: loaded.why };
  try {
    await selfTest(loaded.libc, chooseLoop(loaded.libc));
    return { usable: true };
  } catch (error) {
    return { usable: false, why: `its self-test failed: ${messageOf(error)}` };
  }
}
