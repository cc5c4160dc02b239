import { expect, test } from 'vitest';
import { HeldBytes, leastRead } from '../../../src/engine/held-bytes.ts';
import { DirectionQueues } from '../../../src/engine/splice/direction-queues.ts';
import type { SpliceIo } from '../../../src/engine/splice/splice-io.ts';
import { SpliceLeg } from '../../../src/engine/splice/splice-leg.ts';

/** A direction from descriptor 1 to descriptor 2, whose socket has 100,000 bytes to send; and what was set. */
function queuesOf(budget: number) {
  const calls: string[] = [];
  const held = new HeldBytes(budget, 0);
  const options = {
    limitUnsent: (fd: number, bytes: number) => calls.push(`unsent of ${fd}: ${bytes}`),
    limitReceiveBuffer: (fd: number, bytes: number) => calls.push(`receive buffer of ${fd}: ${bytes}`),
    freeReceiveBuffer: (fd: number) => calls.push(`receive buffer of ${fd}: free`),
    unacknowledgedBytes: () => 100_000,
  };
  const io = { held, options } as unknown as SpliceIo;
  const leg = (fd: number) => Object.assign(new SpliceLeg(io, 'accepted'), { fd });
  return { queues: new DirectionQueues(leg(1), leg(2), io), held, calls };
}

test('within the budget nothing is set', () => {
  const { queues, held, calls } = queuesOf(1_000_000);
  queues.adapt();
  queues.stuck();
  queues.adapt();
  queues.moves();
  expect(calls).toEqual([]);
  expect(held.short).toBe(false);
});

test('a stuck direction counts twice what its send queue holds, once, until it moves', () => {
  const { queues, held } = queuesOf(200_001);
  queues.stuck();
  queues.stuck();
  expect(held.short).toBe(false);
  held.add(2);
  expect(held.short).toBe(true);
  queues.moves();
  queues.moves();
  held.add(199_999);
  expect(held.short).toBe(false);
});

test('beyond the budget little is queued, and each option is set once; afterwards the kernel chooses again', () => {
  const { queues, held, calls } = queuesOf(150_000);
  queues.stuck();
  queues.adapt();
  queues.stuck();
  queues.adapt();
  const short = [`receive buffer of 1: ${leastRead}`, `unsent of 2: ${leastRead}`];
  expect(calls).toEqual(short);
  queues.moves();
  expect(held.short).toBe(false);
  queues.adapt();
  queues.adapt();
  expect(calls).toEqual([...short, 'unsent of 2: 0', 'receive buffer of 1: free']);
});
