import { describe, expect, it } from 'vitest';
import { emptyLoad, SessionLimit } from '../../src/policy/session-limit.ts';

it('has room until all sessions are taken, whatever listener they came through', () => {
  const limit = new SessionLimit(2);
  const [one, other] = [emptyLoad(2), emptyLoad(2)];
  limit.enter(one);
  expect(limit.hasRoom(one)).toBe(true);
  limit.enter(other);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([false, false]);
  limit.leave(other, 'some');
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([true, true]);
});

it('keeps a listener to its share, and the others keep theirs', () => {
  const limit = new SessionLimit(10);
  const [full, other] = [emptyLoad(1), emptyLoad(2)];
  limit.enter(full);
  expect([limit.hasRoom(full), limit.hasRoom(other)]).toEqual([false, true]);
  limit.enter(other);
  expect(limit.hasRoom(other)).toBe(true);
  limit.leave(full, 'some');
  expect(limit.hasRoom(full)).toBe(true);
  expect(full.sessions).toBe(0);
});

describe('a crowd', () => {
  function flooded({ newcomers = 256, others = 1 } = {}) {
    const limit = new SessionLimit(10_000);
    const [load, other] = [emptyLoad(9_000), emptyLoad(9_000)];
    const come = (count: number) => Array.from({ length: count }, () => limit.enter(load));
    const leave = (count: number, work: 'some' | 'none') =>
      Array.from({ length: count }, () => limit.leave(load, work));
    come(newcomers);
    for (let count = 0; count < others; count += 1) limit.enter(other);
    return { limit, load, other, come, leave, crowded: () => limit.crowded(load) };
  }

  it('is who comes to a listener that has many sessions already', () => {
    const { limit, other, come, crowded } = flooded({ newcomers: 255 });
    expect(crowded()).toBe(false);
    come(1);
    expect([crowded(), limit.crowded(other)]).toEqual([true, false]);
  });

  it('holds nobody up where nobody else has a session', () => {
    expect(flooded({ others: 0 }).crowded()).toBe(false);
  });

  it('is none where as many leave as come, and have done some work', () => {
    const { come, leave, crowded } = flooded({ newcomers: 1_000 });
    leave(300, 'some');
    for (let round = 0; round < 1_000; round += 1) {
      come(100);
      expect(crowded()).toBe(false);
      leave(100, 'some');
    }
  });

  it('is one where they come and go without a word', () => {
    const { come, leave, crowded } = flooded({ newcomers: 1_000 });
    leave(300, 'none');
    expect(crowded()).toBe(true);
    come(300);
    expect(crowded()).toBe(true);
  });

  it('is over once few are left, and forgotten once all are', () => {
    const { come, leave, crowded } = flooded({ newcomers: 1_000 });
    leave(745, 'none');
    expect(crowded()).toBe(false);
    leave(255, 'none');
    come(255);
    expect(crowded()).toBe(false);
    come(1);
    expect(crowded()).toBe(true);
  });
});
