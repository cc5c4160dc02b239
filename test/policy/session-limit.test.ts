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
    const burst = (of = load) => limit.burst(of, () => now);
    return { limit, other, come, leave, pass, burst };
  }

  it('is one of a listener that has many sessions already, and then of all', () => {
    const { other, come, burst } = flooded({ clients: 254 });
    expect([burst(), burst(other)]).toEqual(['none', 'none']);
    come(1);
    expect([burst(), burst(other)]).toEqual(['everywhere', 'everywhere']);
    come(1);
    expect([burst(), burst(other)]).toEqual(['here', 'everywhere']);
  });

  it('is one of all listeners where none has many sessions', () => {
    const { come, pass, burst } = flooded({ clients: 1, others: 0 });
    const loads = Array.from({ length: 600 }, () => emptyLoad(9_000));
    for (const load of loads.slice(0, 254)) come(1, load);
    expect(burst()).toBe('none');
    for (const load of loads.slice(254, 256)) come(1, load);
    expect([burst(), burst(loads[0])]).toEqual(['everywhere', 'everywhere']);
    pass(1_000);
    expect(burst()).toBe('none');
  });

  it('holds nobody up where nobody else has a session', () => {
    expect(flooded({ clients: 1_000, others: 0 }).burst()).toBe('none');
  });

  it('is none where as many leave as come, and have done some work', () => {
    const { come, leave, pass, burst } = flooded({ clients: 1_000 });
    leave(900, 'some');
    pass(1);
    for (let round = 0; round < 1_000; round += 1) {
      come(50);
      expect(burst()).toBe('none');
      leave(50, 'some');
    }
  });

  it('is one where they come and go without a word', () => {
    const { come, leave, burst } = flooded({ clients: 1_000 });
    leave(300, 'none');
    expect(burst()).toBe('here');
    come(300);
    expect(burst()).toBe('here');
  });

  it('is none where sessions gather over time, up to 256 a second', () => {
    const { come, pass, burst } = flooded({ clients: 5_000 });
    expect(burst()).toBe('here');
    pass(30_000);
    for (let second = 0; second < 10; second += 1) {
      expect(burst()).toBe('none');
      come(256);
      expect(burst()).toBe('here');
      pass(1_000);
    }
  });

  it('is over once few are left', () => {
    const { leave, burst } = flooded({ clients: 1_000 });
    leave(745, 'none');
    expect(burst()).toBe('everywhere');
    leave(1, 'none');
    expect(burst()).toBe('none');
  });
});
