import { expect, it } from 'vitest';
import { SessionLimit } from '../../src/policy/session-limit.ts';

it('has room until all sessions are taken, whatever listener they came through', () => {
  const limit = new SessionLimit(2);
  const [one, other] = [
    { sessions: 0, most: 2 },
    { sessions: 0, most: 2 },
  ];
  limit.enter(one);
  expect(limit.hasRoom(one)).toBe(true);
  limit.enter(other);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([false, false]);
  limit.leave(other);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([true, true]);
});

it('keeps a listener to its share, and the others keep theirs', () => {
  const limit = new SessionLimit(10);
  const [full, other] = [
    { sessions: 0, most: 1 },
    { sessions: 0, most: 2 },
  ];
  limit.enter(full);
  expect([limit.hasRoom(full), limit.hasRoom(other)]).toEqual([false, true]);
  limit.enter(other);
  expect(limit.hasRoom(other)).toBe(true);
  limit.leave(full);
  expect(limit.hasRoom(full)).toBe(true);
  expect(full.sessions).toBe(0);
});
