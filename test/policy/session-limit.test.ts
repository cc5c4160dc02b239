import { describe, expect, it } from 'vitest';
import { emptyLoad, SessionLimit } from '../../src/policy/session-limit.ts';

it('has room until all sessions are taken, whatever listener they came through', () => {
  const limit = new SessionLimit(2);
  const [one, other] = [emptyLoad(2), emptyLoad(2)];
  limit.enter(one, 0);
  expect(limit.room(one, () => 0)).toBe('free');
  limit.enter(other, 0);
  expect([limit.room(one, () => 0), limit.room(other, () => 0)]).toEqual(['none', 'none']);
  limit.leave(other, 'some');
  expect([limit.room(one, () => 0), limit.room(other, () => 0)]).toEqual(['free', 'free']);
});

it('keeps a listener to its share, and the others keep theirs', () => {
  const limit = new SessionLimit(10);
  const [full, other] = [emptyLoad(1), emptyLoad(2)];
  limit.enter(full, 0);
  expect([limit.room(full, () => 0), limit.room(other, () => 0)]).toEqual(['none', 'free']);
  limit.enter(other, 0);
  expect(limit.room(other, () => 0)).toBe('free');
  limit.leave(full, 'some');
  expect(limit.room(full, () => 0)).toBe('free');
  expect(full.sessions).toBe(0);
});

it('has room by other totals and shares from the time on at which they change', () => {
  const limit = new SessionLimit(1);
  const load = emptyLoad(1);
  limit.enter(load, 0);
  limit.update(3);
  expect(limit.room(load, () => 0)).toBe('none');
  load.most = 3;
  expect(limit.room(load, () => 0)).toBe('free');
  limit.enter(load, 0);
  limit.update(1);
  limit.leave(load, 'some');
  expect(limit.room(load, () => 0)).toBe('none');
  limit.leave(load, 'some');
  expect(limit.room(load, () => 0)).toBe('free');
});

describe('a burst', () => {
  function flooded({ clients = 256, others = 1 } = {}) {
    const limit = new SessionLimit(10_000);
    const [load, other] = [emptyLoad(9_000), emptyLoad(9_000)];
    let now = 1_000;
    const come = (count: number, to = load) => Array.from({ length: count }, () => limit.enter(to, now));
    const leave = (count: number, work: 'some' | 'none') =>
      Array.from({ length: count }, () => limit.leave(load, work));
    const pass = (milliseconds: number) => {
      now += milliseconds;
    };
    come(clients);
    come(others, other);
    const room = (of = load) => limit.room(of, () => now);
    return { limit, other, come, leave, pass, room };
  }

  it('is one where there are many sessions, whichever listener they are of', () => {
    const { other, come, room } = flooded({ clients: 254 });
    expect([room(), room(other)]).toEqual(['free', 'free']);
    come(1);
    expect([room(), room(other)]).toEqual(['paced', 'paced']);
  });

  it('is one of all listeners where none has many sessions', () => {
    const { come, pass, room } = flooded({ clients: 1, others: 0 });
    const loads = Array.from({ length: 600 }, () => emptyLoad(9_000));
    for (const load of loads.slice(0, 254)) come(1, load);
    expect(room()).toBe('free');
    for (const load of loads.slice(254, 256)) come(1, load);
    expect([room(), room(loads[0])]).toEqual(['paced', 'paced']);
    pass(1_000);
    expect(room()).toBe('free');
  });

  it('delays no client where no other listener has a session', () => {
    expect(flooded({ clients: 1_000, others: 0 }).room()).toBe('free');
  });

  it('is none where as many leave as come, and have done some work', () => {
    const { come, leave, pass, room } = flooded({ clients: 1_000 });
    leave(900, 'some');
    pass(1);
    for (let round = 0; round < 1_000; round += 1) {
      come(50);
      expect(room()).toBe('free');
      leave(50, 'some');
    }
  });

  it('is one where clients come and leave without a byte', () => {
    const { come, leave, room } = flooded({ clients: 1_000 });
    leave(300, 'none');
    expect(room()).toBe('paced');
    come(300);
    expect(room()).toBe('paced');
  });

  it('is none where sessions gather over time, up to 256 a second', () => {
    const { come, pass, room } = flooded({ clients: 5_000 });
    expect(room()).toBe('paced');
    pass(30_000);
    for (let second = 0; second < 10; second += 1) {
      expect(room()).toBe('free');
      come(256);
      expect(room()).toBe('paced');
      pass(1_000);
    }
  });

  it('is over once few are left', () => {
    const { leave, room } = flooded({ clients: 1_000 });
    leave(745, 'none');
    expect(room()).toBe('paced');
    leave(1, 'none');
    expect(room()).toBe('free');
  });
});
