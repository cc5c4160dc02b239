import { expect, it, onTestFinished } from 'vitest';
import type { Room } from '../../../src/engine/engine.ts';
import { type PausedAcceptor, PausedAcceptors } from '../../../src/engine/splice/paused-acceptors.ts';
import { until } from '../../contract/peer.ts';

function openPausedAcceptors(): PausedAcceptors {
  const pausedAcceptors = new PausedAcceptors();
  onTestFinished(() => pausedAcceptors.close());
  return pausedAcceptors;
}

it('takes no acceptor twice at a time, where a new client ends at once and asks for the next', () => {
  const pausedAcceptors = openPausedAcceptors();
  const calls = { now: 0, deepest: 0 };
  const open = (incoming: number): PausedAcceptor & { left: number } => ({
    left: incoming,
    room: () => 'free',
    crashed: () => {},
    admitOne() {
      if (this.left === 0) return 'has none';
      this.left -= 1;
      calls.now += 1;
      calls.deepest = Math.max(calls.deepest, calls.now);
      pausedAcceptors.admit();
      calls.now -= 1;
      return 'taken';
    },
  });
  const acceptors = [open(3), open(5)];
  for (const acceptor of acceptors) pausedAcceptors.add(acceptor);
  pausedAcceptors.admit();
  expect(acceptors.map(({ left }) => left)).toEqual([0, 0]);
  expect(calls.deepest).toBe(1);
});

it('loses no acceptor to a bug of one, and asks that one again soon', async () => {
  const pausedAcceptors = openPausedAcceptors();
  const bug = new Error('a bug');
  const bugs: unknown[] = [];
  let fine = 0;
  let asked = 0;
  const faulty: PausedAcceptor = {
    room: () => 'free',
    crashed: (error) => bugs.push(error),
    admitOne: () => {
      asked += 1;
      if (asked === 1) throw bug;
      return 'has none';
    },
  };
  const other: PausedAcceptor = {
    room: () => {
      fine += 1;
      return 'none';
    },
    crashed: () => {},
    admitOne: () => 'cannot',
  };
  pausedAcceptors.add(faulty);
  pausedAcceptors.add(other);
  pausedAcceptors.admit();
  expect([bugs, fine]).toEqual([[bug], 1]);
  await until(() => asked === 2, 'it to be asked again');
  expect(fine).toBe(2);
});

it('takes clients in turns, and in pieces between which the rest of the loop has its turn', async () => {
  const pausedAcceptors = openPausedAcceptors();
  const listener = (clients: number, outcome: 'taken' | 'gone', room: Room = 'free') => ({
    left: clients,
    room: () => room,
    crashed: () => {},
    admitOne(): ReturnType<PausedAcceptor['admitOne']> {
      if (this.left === 0) return 'has none';
      this.left -= 1;
      return outcome;
    },
  });
  const full = Array.from({ length: 200 }, () => listener(1, 'taken', 'none'));
  const [many, few, gone] = [listener(500, 'taken'), listener(20, 'taken'), listener(40, 'gone')];
  for (const one of [...full, many, few, gone]) pausedAcceptors.add(one);
  pausedAcceptors.admit();
  // One that has gone counts as a quarter.
  const work = 20 - few.left + 500 - many.left + (40 - gone.left) / 4;
  expect(work).toBeGreaterThanOrEqual(64);
  expect(work).toBeLessThan(65);
  expect(few.left).toBe(0);
  await until(() => many.left === 0, 'the rest');
  expect(full.every(({ left }) => left === 1)).toBe(true);
});
