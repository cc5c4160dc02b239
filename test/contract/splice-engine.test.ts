import { SpliceEngine } from '../../src/engine/splice/splice-engine.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import { describeEngine } from './engine-contract.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;

describeEngine({
  name: 'splice',
  create: () => new SpliceEngine(libc, { pipes: 32 }),
  inputAfterFailedWrite: 'kept',
  heldLimit: 1024 * 1024,
  incomingWait: "in the kernel's queue",
});
