import { expect, it } from 'vitest';
import { findNodeInternals } from '../../src/engine/stream/node-internals.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { findUnacknowledgedBytes } from '../../src/libc/unacknowledged-bytes.ts';
import { describeEngine } from './engine-contract.ts';

const unacknowledged = await findUnacknowledgedBytes();
if (unacknowledged === null) throw new Error('koffi does not load');

describeEngine({
  name: 'stream',
  create: (options) => new StreamEngine(options),
  inputAfterFailedWrite: 'kept',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

describeEngine({
  name: 'stream, with system calls',
  create: (options) => new StreamEngine({ ...options, unacknowledged }),
  inputAfterFailedWrite: 'kept',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

describeEngine({
  name: 'stream, the public way',
  create: (options) => new StreamEngine({ ...options, reads: 'public' }),
  inputAfterFailedWrite: 'lost',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

it('this Node has the private properties that the fast way needs', () => {
  expect(findNodeInternals()).not.toBeNull();
});
