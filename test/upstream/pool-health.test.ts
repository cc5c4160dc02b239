import { describe, expect, it } from 'vitest';
import { Pool } from '../../src/upstream/pool.ts';
import { checks, checksFail, dialsFail, picks, plannedPool, poolOf } from './pools.ts';

describe('passive health', () => {
  it('passes a target over after so many failed dials in a row, with one event', () => {
    const { pool, targets, events } = poolOf([{}, {}]);
    const [one] = targets;
    if (one === undefined) throw new Error('Cannot test: the pool has no targets');
    pool.failed(one, 0, 'refused');
    pool.failed(one, 0, 'refused');
    pool.succeeded(one, 0);
    pool.failed(one, 0, 'refused');
    pool.failed(one, 0, 'refused');
    expect(events).toEqual([]);
    pool.failed(one, 0, 'timed out');
    pool.failed(one, 0, 'timed out');
    expect(events).toEqual([
      { kind: 'target out', pool: 'web', target: '10.0.0.1:80', cause: 'dials', why: 'timed out' },
    ]);
    expect(picks(pool, 2, 9999)).toEqual(['10.0.0.2:80', '10.0.0.2:80']);
  });

  it('counts to the `fall` of the configuration', () => {
    const { pool, targets, events } = poolOf([{}, {}], { health: { ...checks, fall: 1 } });
    if (targets[1] !== undefined) pool.failed(targets[1], 0, 'refused');
    expect(events).toMatchObject([{ kind: 'target out', target: '10.0.0.2:80' }]);
  });

  it('tries a target again with one session, and brings it back with its success', () => {
    const { pool, targets, events } = poolOf([{}, {}]);
    const [one] = targets;
    dialsFail(pool, one, 0);
    expect(picks(pool, 4, 10_000).sort()).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.2:80', '10.0.0.2:80']);
    if (one !== undefined) pool.succeeded(one, 10_500);
    expect(picks(pool, 4, 10_500).sort()).toEqual(['10.0.0.1:80', '10.0.0.1:80', '10.0.0.2:80', '10.0.0.2:80']);
    expect(events.map(({ kind }) => kind)).toEqual(['target out', 'target in']);
  });

  it('waits twice as long after each trial that failed, up to a minute', () => {
    const { pool, targets, events } = poolOf([{}, {}]);
    const [one] = targets;
    if (one === undefined) throw new Error('Cannot test: the pool has no targets');
    dialsFail(pool, one, 0);
    const tries: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      if (!picks(pool, 2, 1000 * second).includes(one.name)) continue;
      tries.push(second);
      pool.failed(one, 1000 * second, 'refused');
    }
    expect(tries).toEqual([10, 30, 70, 130, 190, 250]);
    expect(events.length).toBe(1);
  });

  it('gives the next session a trial at once, where one gave up', () => {
    const { pool, targets, events } = poolOf([{}, {}]);
    const [one, two] = targets;
    if (one === undefined || two === undefined) throw new Error('Cannot test: the pool lacks targets');
    dialsFail(pool, one, 0);
    pool.gaveUp(one, 5000);
    expect(picks(pool, 2, 9999)).not.toContain(one.name);
    expect(picks(pool, 2, 10_000)).toContain(one.name);
    pool.gaveUp(two, 10_001);
    expect(picks(pool, 2, 10_001)).not.toContain(one.name);
    pool.gaveUp(one, 10_002);
    expect(picks(pool, 4, 10_002).filter((name) => name === one.name).length).toBe(1);
    // It was no failure: the pause after the next one is the second, of 20 s.
    pool.failed(one, 10_003, 'refused');
    expect(picks(pool, 2, 30_002)).not.toContain(one.name);
    expect(picks(pool, 2, 30_003)).toContain(one.name);
    expect(events.map(({ kind }) => kind)).toEqual(['target out']);
  });

  it('leaves a session on trial as long as it may dial', () => {
    const pool = new Pool(plannedPool([{}, {}]), { trialTime: 60_000 });
    dialsFail(pool, pool.targets[0], 0);
    expect(picks(pool, 2, 10_000)).toContain('10.0.0.1:80');
    expect(picks(pool, 2, 69_999)).not.toContain('10.0.0.1:80');
    expect(picks(pool, 2, 70_000)).toContain('10.0.0.1:80');
  });

  it('does not wait for ever for a session on trial without an outcome', () => {
    const { pool, targets } = poolOf([{}, {}]);
    dialsFail(pool, targets[0], 0);
    expect(picks(pool, 2, 10_000)).toContain('10.0.0.1:80');
    expect(picks(pool, 2, 19_999)).not.toContain('10.0.0.1:80');
    expect(picks(pool, 4, 20_000).filter((name) => name === '10.0.0.1:80').length).toBe(1);
  });

  it('brings a target back at once when a dial succeeds that began before', () => {
    const { pool, targets } = poolOf([{}, {}]);
    dialsFail(pool, targets[0], 0);
    if (targets[0] !== undefined) pool.succeeded(targets[0], 5);
    expect(picks(pool, 2, 5).sort()).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
  });

  it('goes on by balance where all are passed over', () => {
    const { pool, targets, events } = poolOf([{}, {}, {}]);
    for (const target of targets) dialsFail(pool, target, 0);
    expect(picks(pool, 3, 1).sort()).toEqual(targets.map(({ name }) => name));
    expect(events.map(({ kind }) => kind)).toEqual(['target out', 'target out', 'target out']);
  });
});

describe('active health', () => {
  it('puts a target out and in, with an event each', () => {
    const { pool, targets, events } = poolOf([{}, {}], { health: checks });
    const [one] = targets;
    if (one === undefined) throw new Error('Cannot test: the pool has no targets');
    checksFail(pool, one);
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.2:80', '10.0.0.2:80']);
    for (let nth = 0; nth < 3; nth += 1) pool.checked(one, { ok: true });
    expect(picks(pool, 2, 0).sort()).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(events).toEqual([
      { kind: 'target out', pool: 'web', target: one.name, cause: 'checks', why: 'refused' },
      { kind: 'target in', pool: 'web', target: one.name, cause: 'checks' },
    ]);
  });

  it.each([1, 3])('empties a pool of %d, with one event', (count) => {
    const { pool, targets, events } = poolOf(Array(count).fill({}), { health: checks });
    for (const target of targets) checksFail(pool, target);
    for (const target of targets) checksFail(pool, target);
    expect(pool.pick(undefined, 0, [])).toBe('no target');
    expect(events.map(({ kind }) => kind)).toEqual([...Array(count).fill('target out'), 'pool empty']);
    events.length = 0;
    for (const target of targets) {
      pool.checked(target, { ok: true });
      pool.checked(target, { ok: true });
    }
    expect(events.map(({ kind }) => kind)).toEqual([
      'target in',
      'pool has targets again',
      ...Array(count - 1).fill('target in'),
    ]);
  });

  it('does not bring back what dials have put out, but lets it be dialed where the rest is down', () => {
    const { pool, targets } = poolOf([{}, {}], { health: checks });
    const [one, two] = targets;
    if (one === undefined) throw new Error('Cannot test: the pool has no targets');
    dialsFail(pool, one, 0);
    for (let nth = 0; nth < 9; nth += 1) pool.checked(one, { ok: true });
    expect(picks(pool, 2, 1)).toEqual(['10.0.0.2:80', '10.0.0.2:80']);
    checksFail(pool, two);
    expect(picks(pool, 2, 1)).toEqual(['10.0.0.1:80', '10.0.0.1:80']);
  });

  it('reports once that a target is out, though both dials and checks put it out', () => {
    const { pool, targets, events } = poolOf([{}, {}], { health: checks });
    const [one] = targets;
    dialsFail(pool, one, 0);
    checksFail(pool, one);
    for (const _ of [1, 2]) if (one !== undefined) pool.checked(one, { ok: true });
    expect(events).toMatchObject([
      { kind: 'target out', cause: 'dials' },
      { kind: 'target in', cause: 'checks' },
    ]);
  });

  it('is for pools with checks alone', () => {
    const { pool, targets, events } = poolOf([{}, {}]);
    for (const target of targets) checksFail(pool, target);
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(events).toEqual([]);
  });
});
