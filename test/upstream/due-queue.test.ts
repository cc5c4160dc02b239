import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Due, DueQueue } from '../../src/upstream/due-queue.ts';

it('gives what is due, the earliest first, and keeps the rest', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat({ max: 20 }))), (rounds) => {
      const queue = new DueQueue<Due>();
      let kept: number[] = [];
      for (const [now, round] of rounds.entries()) {
        for (const due of round) queue.add({ due });
        kept = [...kept, ...round].sort((one, other) => one - other);
        const taken: number[] = [];
        for (let item = queue.takeDue(now); item !== undefined; item = queue.takeDue(now)) taken.push(item.due);
        expect(taken).toEqual(kept.filter((due) => due <= now));
        kept = kept.filter((due) => due > now);
        expect(queue.first()?.due).toBe(kept[0]);
      }
    }),
  );
});

it('has nothing once it is cleared', () => {
  const queue = new DueQueue<Due>();
  queue.add({ due: 1 });
  queue.clear();
  expect([queue.first(), queue.takeDue(2)]).toEqual([undefined, undefined]);
});
