import { embeddedLoop, type Loop, watchedLoop } from '../../src/engine/loop.ts';
import { SpliceEngine } from '../../src/engine/splice/splice-engine.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import { describeEngine } from './engine-contract.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;

/** Each test shuts its engine down, so that the embedded loop is free for the next. */
function freeEmbeddedLoop(): Loop {
  const loop = embeddedLoop(libc);
  if (loop === null) throw new Error('Cannot embed the loop: another engine polls');
  return loop;
}

describeEngine({
  name: 'splice, embedded loop',
  create: () => new SpliceEngine(libc, freeEmbeddedLoop(), { pipes: 32 }),
  inputAfterFailedWrite: 'kept',
  heldLimit: 1024 * 1024,
  incomingWait: "in the kernel's queue",
});

describeEngine({
  name: 'splice, watched loop',
  create: () => new SpliceEngine(libc, watchedLoop(libc), { pipes: 32 }),
  inputAfterFailedWrite: 'kept',
  heldLimit: 1024 * 1024,
  incomingWait: "in the kernel's queue",
});
