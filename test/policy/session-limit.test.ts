import { describe, expect, it } from 'vitest';
import { emptyLoad, SessionLimit } from '../../src/policy/session-limit.ts';

it('has room until all sessions are taken, whatever listener they came through', () => {
  const limit = new SessionLimit(2);
  const [one, other] = [emptyLoad(2), emptyLoad(2)];
  limit.enter(one, 0);
  expect(limit.hasRoom(one)).toBe(true);
  limit.enter(other, 0);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([false, false]);
  limit.leave(other, 'some');
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([true, true]);
});

it('keeps a listener to its share, and the others keep theirs', () => {
  const limit = new SessionLimit(10);
  const [full, other] = [emptyLoad(1), emptyLoad(2)];
  limit.enter(full, 0);
  expect([limit.hasRoom(full), limit.hasRoom(other)]).toEqual([false, true]);
  limit.enter(other, 0);
  expect(limit.hasRoom(other)).toBe(true);
  limit.leave(full, 'some');
  expect(limit.hasRoom(full)).toBe(true);
  expect(full.sessions).toBe(0);
});

describe('a crowd', () => {
  function flooded({ newcomers = 256, others = 1 } = {}) {
    const limit = new SessionLimit(10_000);
    const [load, other] = [emptyLoad(9_000), emptyLoad(9_000)];
    let now = 1_000;
    const come = (count: number) => Array.from({ length: count }, () => limit.enter(load, now));
    const leave = (count: number, work: 'some' | 'none') =>
      Array.from({ length: count }, () => limit.leave(load, work));
    const pass = (milliseconds: number) => {
      now += milliseconds;
    };
    come(newcomers);
    for (let count = 0; count < others; count += 1) limit.enter(other, now);
    const crowded = (of = load) => limit.crowded(of, () => now);
    return { other, come, leave, pass, crowded };
  }

  it('is who comes to a listener that has many sessions already', () => {
    const { other, come, crowded } = flooded({ newcomers: 255 });
    expect(crowded()).toBe(false);
    come(1);
    expect([crowded(), crowded(other)]).toEqual([true, false]);
  });

  it('holds nobody up where nobody else has a session', () => {
    expect(flooded({ others: 0 }).crowded()).toBe(false);
  });

  it('is none where as many leave as come, and have done some work', () => {
    const { come, leave, crowded } = flooded({ newcomers: 1_000 });
    leave(900, 'some');
    come(200);
    for (let round = 0; round < 1_000; round += 1) {
      come(50);
      expect(crowded()).toBe(false);
      leave(50, 'some');
    }
  });

  it('is one where they come and go without a word', () => {
    const { come, leave, crowded } = flooded({ newcomers: 1_000 });
    leave(300, 'none');
    expect(crowded()).toBe(true);
    come(300);
    expect(crowded()).toBe(true);
  });

  it('is none where sessions gather over time, up to 256 a second', () => {
    const { come, pass, crowded } = flooded({ newcomers: 5_000 });
    expect(crowded()).toBe(true);
    pass(30_000);
    for (let second = 0; second < 10; second += 1) {
      expect(crowded()).toBe(false);
      come(256);
      expect(crowded()).toBe(true);
      pass(1_000);
    }
  });

  it('is over once few are left', () => {
    const { leave, crowded } = flooded({ newcomers: 1_000 });
    leave(744, 'none');
    expect(crowded()).toBe(true);
    leave(1, 'none');
    expect(crowded()).toBe(false);
  });
});
