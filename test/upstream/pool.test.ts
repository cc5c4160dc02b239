import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedPool } from '../../src/plan/plan.ts';
import { Pool, type PoolTarget } from '../../src/upstream/pool.ts';
import { checks, checksFail, dialsFail, nameOf, picks, plannedPool, poolOf } from './pools.ts';

describe('a pool of one target without checks', () => {
  it('gives it, whatever came of dials', () => {
    const { pool, targets, events } = poolOf([{}]);
    dialsFail(pool, targets[0], 0);
    expect(picks(pool, 2, 1)).toEqual(['10.0.0.1:80', '10.0.0.1:80']);
    expect(events).toEqual([]);
  });

  it('gives it once to a session', () => {
    const { pool, targets } = poolOf([{}]);
    expect(pool.pick(undefined, 0, targets)).toBe('no target');
  });

  it('returns why it is full', () => {
    const { pool } = poolOf([{ host: 'vm' }], {}, (host) => host !== 'vm');
    expect(pool.pick(undefined, 0, [])).toBe('target sessions');
  });

  it('knows its name', () => {
    const { pool } = poolOf([{}], { name: 'ssh/16', balance: 'source' });
    expect(pool.name).toBe('ssh/16');
  });
});

describe('balance', () => {
  it('leastconn counts sessions from enter to leave', () => {
    const { pool, targets } = poolOf([{}, {}], { balance: 'leastconn' });
    const [one, two] = targets;
    if (one === undefined || two === undefined) throw new Error('Cannot test: the pool has no targets');
    pool.enter(one);
    expect(picks(pool, 2, 0)).toEqual([two.name, two.name]);
    pool.leave(one);
    pool.enter(two);
    expect(picks(pool, 2, 0)).toEqual([one.name, one.name]);
  });

  it('source keeps a client at its target, and moves it while that is passed over', () => {
    const { pool, targets } = poolOf([{}, {}, {}], { balance: 'source' });
    const own = pool.pick(7, 0, []);
    const ownTarget = targets.find((target) => target === own);
    expect(pool.pick(7, 0, [])).toBe(own);
    dialsFail(pool, ownTarget, 0);
    const other = pool.pick(7, 0, []);
    expect(other).not.toBe(own);
    expect(pool.pick(7, 0, [])).toBe(other);
    if (ownTarget !== undefined) pool.succeeded(ownTarget, 1);
    expect(pool.pick(7, 1, [])).toBe(own);
  });
});

describe('backup targets', () => {
  const tiers = [{}, {}, { tier: 'backup' }, { tier: 'backup' }] as const;

  it('are left alone while a primary target can be', () => {
    const { pool, targets } = poolOf(tiers);
    dialsFail(pool, targets[0], 0);
    expect(picks(pool, 3, 1)).toEqual(['10.0.0.2:80', '10.0.0.2:80', '10.0.0.2:80']);
  });

  it.each<[string, (pool: Pool, targets: readonly PoolTarget[]) => readonly PoolTarget[]]>([
    ['tried', (_, targets) => targets.slice(0, 2)],
    [
      'passed over',
      (pool, targets) => {
        for (const target of targets.slice(0, 2)) dialsFail(pool, target, 0);
        return [];
      },
    ],
    [
      'down',
      (pool, targets) => {
        for (const target of targets.slice(0, 2)) checksFail(pool, target);
        return [];
      },
    ],
  ])('take turns when all primary ones are %s', (_, happen) => {
    const { pool, targets } = poolOf(tiers, { health: checks });
    const tried = happen(pool, targets);
    expect([1, 2, 3].map(() => nameOf(pool.pick(undefined, 1, tried)))).toEqual([
      '10.0.0.3:80',
      '10.0.0.4:80',
      '10.0.0.3:80',
    ]);
  });

  it('stand in for primary ones that are full', () => {
    const { pool } = poolOf(tiers, {}, (host) => host > '10.0.0.2');
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.3:80', '10.0.0.4:80']);
  });

  it('give way to the trial of a primary one', () => {
    const { pool, targets } = poolOf(tiers);
    for (const target of targets.slice(0, 2)) dialsFail(pool, target, 0);
    expect(picks(pool, 3, 10_000)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80']);
  });

  it('come after primary ones where all are passed over', () => {
    const { pool, targets } = poolOf([{}, { tier: 'backup' }]);
    for (const target of targets) dialsFail(pool, target, 0);
    expect(picks(pool, 2, 1)).toEqual(['10.0.0.1:80', '10.0.0.1:80']);
    expect(nameOf(pool.pick(undefined, 1, targets.slice(0, 1)))).toBe('10.0.0.2:80');
  });
});

describe('full targets', () => {
  it('are passed over', () => {
    const { pool } = poolOf([{}, {}], {}, (host) => host !== '10.0.0.1');
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.2:80', '10.0.0.2:80']);
  });

  it.each<[string, number, number, string]>([
    ['all are full', 0, 0, 'target sessions'],
    ['the one left is full', 1, 0, 'target sessions'],
    ['all were tried', 2, 2, 'no target'],
    ['all were tried, and are full', 2, 0, 'no target'],
  ])('%s', (_, tried, roomFor, expected) => {
    const { pool, targets } = poolOf([{}, {}], {}, (host) => host <= `10.0.0.${roomFor}`);
    expect(pool.pick(undefined, 0, targets.slice(0, tried))).toBe(expected);
  });

  it('are no reason where the others are down', () => {
    const { pool, targets } = poolOf([{}, {}], { health: checks }, () => false);
    for (const target of targets) checksFail(pool, target);
    expect(pool.pick(undefined, 0, [])).toBe('no target');
  });
});

describe('whatever happens', () => {
  const happening = fc.record({
    what: fc.constantFrom('failed', 'failed', 'succeeded', 'check failed', 'check succeeded', 'pick', 'later'),
    target: fc.nat({ max: 3 }),
    fullOnes: fc.nat({ max: 15 }),
    triedOnes: fc.nat({ max: 15 }),
  });
  const story = {
    happenings: fc.array(happening, { maxLength: 80 }),
    balance: fc.constantFrom<PlannedPool['balance'][]>('roundrobin', 'leastconn', 'source'),
    backups: fc.nat({ max: 15 }),
    withChecks: fc.constantFrom('no checks', 'checks'),
    count: fc.integer({ min: 1, max: 4 }),
  };

  it('a pick is neither tried, full nor down, and passive health empties no pool', () => {
    fc.assert(
      fc.property(fc.record(story), ({ happenings, balance, backups, withChecks, count }) => {
        let full: readonly string[] = [];
        const planned = plannedPool(
          Array.from({ length: count }, (_, index) => ({ tier: (backups >> index) % 2 === 0 ? 'primary' : 'backup' })),
          { balance, ...(withChecks === 'checks' && { health: checks }) },
        );
        const events: string[] = [];
        const pool = new Pool(planned, {
          refuses: ({ host }) => (full.includes(host) ? 'target sessions' : undefined),
          onEvent: (event) => events.push('target' in event ? `${event.target} ${event.kind}` : event.kind),
        });
        const { targets } = pool;
        const chosen = (bits: number): PoolTarget[] => targets.filter((_, index) => (bits >> index) % 2 === 1);
        let now = 0;

        for (const { what, target: index, fullOnes, triedOnes } of happenings) {
          const target = targets[index % count];
          if (target === undefined) throw new Error('Cannot test: the pool has no targets');
          if (what === 'failed') pool.failed(target, now, 'refused');
          if (what === 'succeeded') pool.succeeded(target, now);
          if (what === 'check failed') pool.checked(target, { ok: false, why: 'refused' });
          if (what === 'check succeeded') pool.checked(target, { ok: true });
          if (what === 'later') now += 7000;
          if (what !== 'pick') continue;
          full = chosen(fullOnes).map(({ host }) => host);
          const tried = chosen(triedOnes);
          const picked = pool.pick(fullOnes, now, tried);
          const left = targets.filter(({ health }) => health.state !== 'down').filter((one) => !tried.includes(one));
          const open = left.filter(({ host }) => !full.includes(host));
          if (typeof picked !== 'string') expect(open).toContain(picked);
          else expect([picked, open]).toEqual([left.length === 0 ? 'no target' : 'target sessions', []]);
        }

        // Out and in take turns for each target, as empty and not do for the pool.
        for (const { name } of targets) {
          const own = events.filter((event) => event.startsWith(`${name} `));
          expect(own).toEqual(own.map((_, nth) => `${name} target ${nth % 2 === 0 ? 'out' : 'in'}`));
        }
        const ofPool = events.filter((event) => event.startsWith('pool'));
        expect(ofPool).toEqual(ofPool.map((_, nth) => (nth % 2 === 0 ? 'pool empty' : 'pool has targets again')));
        if (withChecks === 'no checks') expect(ofPool).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
