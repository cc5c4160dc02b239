import { describe, expect, test } from 'vitest';
import { LoopLimit } from '../../src/policy/loop-limit.ts';

const [loopback, own, foreign, target] = [0x7f00_0001, 0xc000_0207, 0xc633_6442, 0x0a00_0005];
const isOwn = (ip: number | bigint): boolean => ip === own || ip === 5n;
const loops = (most: number | undefined): LoopLimit => new LoopLimit(most, isOwn);
const session = () => ({ answered: false });

describe('a session may be a loop', () => {
  test.each([
    ['of another host', foreign, target, false],
    ['of this machine', own, target, true],
    ['of this machine, by IPv6', 5n, target, true],
    ['of the host that it leads to', target, target, true],
    ['of the host that it leads to, by IPv6', 9n, 9n, true],
    ['of loopback', loopback, target, false],
    ['of loopback that leads to loopback', loopback, loopback, false],
    ['of loopback that leads to loopback, by IPv6', 1n, 1n, false],
    ['of another host to a name', foreign, undefined, false],
    ['of this machine to a name', own, undefined, true],
  ])('%s: client %s, target %s: %s', (_, client, to, expected) => {
    expect(loops(64).mayLoop(client, to)).toBe(expected);
    expect(loops(undefined).mayLoop(client, to)).toBe(false);
  });
});

test('as many as there are places, until others leave', () => {
  const limit = loops(2);
  const [first, second] = [session(), session()];
  for (const one of [first, second]) {
    expect(limit.hasRoom(0)).toBe(true);
    limit.enter(one);
  }
  expect(limit.hasRoom(0)).toBe(false);
  limit.leave(first, 100);
  expect(limit.hasRoom(1_099)).toBe(false);
  expect(limit.hasRoom(1_100)).toBe(true);
});

test('a session with an answer gives its place back at once, while it lives and when it ends', () => {
  const limit = loops(2);
  const [first, second] = [session(), session()];
  limit.enter(first);
  limit.enter(second);
  first.answered = true;
  expect(limit.hasRoom(0)).toBe(true);
  expect(limit.taken).toBe(1);
  second.answered = true;
  limit.leave(second, 0);
  limit.leave(first, 0);
  expect(limit.taken).toBe(0);
});

test('a chain that is reset from its beginning as fast as it grows comes to an end', () => {
  const limit = loops(64);
  let [hops, now] = [0, 0];
  let last = session();
  for (; hops < 10_000 && limit.hasRoom(now); hops += 1) {
    const next = session();
    limit.enter(next);
    limit.leave(last, now);
    last = next;
    now += 0.1;
  }
  expect(hops).toBeLessThanOrEqual(65);
});

test('a session without a place gives none back, and none twice', () => {
  const limit = loops(1);
  limit.leave(session(), 0);
  const one = session();
  limit.enter(one);
  limit.leave(one, 0);
  limit.leave(one, 0);
  expect(limit.taken).toBe(1);
});

test('places change while sessions have them', () => {
  const limit = loops(1);
  const first = session();
  limit.enter(first);
  limit.update(2);
  expect(limit.hasRoom(0)).toBe(true);
  limit.update(1);
  expect(limit.hasRoom(0)).toBe(false);
  limit.update(undefined);
  expect([limit.hasRoom(0), limit.mayLoop(own, target)]).toEqual([true, false]);
  limit.leave(first, 0);
  limit.update(1);
  expect([limit.hasRoom(999), limit.hasRoom(1_000)]).toEqual([false, true]);
});
