import { expect, it } from 'vitest';
import { SessionLimit } from '../../src/policy/session-limit.ts';

it('has room until all sessions are taken, whatever listener they came through', () => {
  const limit = new SessionLimit({ sessions: 2, perListener: 2 });
  const [one, other] = [{ sessions: 0 }, { sessions: 0 }];
  limit.enter(one);
  expect(limit.hasRoom(one)).toBe(true);
  limit.enter(other);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([false, false]);
  limit.leave(other);
  expect([limit.hasRoom(one), limit.hasRoom(other)]).toEqual([true, true]);
});

it('keeps a listener to its share, and the others keep theirs', () => {
  const limit = new SessionLimit({ sessions: 10, perListener: 1 });
  const [full, other] = [{ sessions: 0 }, { sessions: 0 }];
  limit.enter(full);
  expect([limit.hasRoom(full), limit.hasRoom(other)]).toEqual([false, true]);
  limit.leave(full);
  expect(limit.hasRoom(full)).toBe(true);
  expect(full.sessions).toBe(0);
});
