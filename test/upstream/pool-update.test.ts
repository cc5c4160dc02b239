import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedPool } from '../../src/plan/plan.ts';
import { Pool, type PoolTarget } from '../../src/upstream/pool.ts';
import { TakenOut } from '../../src/upstream/taken-out.ts';
import type { TargetAbout } from '../helpers/planned.ts';
import { checks, checksFail, dialsFail, nameOf, picks, plannedPool, poolOf } from './pools.ts';

const [one, two, three] = [{ host: '10.0.0.1' }, { host: '10.0.0.2' }, { host: '10.0.0.3' }] as const;
const names = ({ targets }: Pool): string[] => targets.map(({ name }) => name);
const kinds = (events: readonly { kind: string }[]): string[] => events.map(({ kind }) => kind);

/** The target at this host. */
function at(pool: Pool, { host }: { host: string }): PoolTarget {
  const target = pool.targets.find((target) => target.host === host);
  if (target === undefined) throw new Error(`Cannot test: ${host} is not in the pool`);
  return target;
}

describe('targets of another plan', () => {
  it('keep sessions and health where the name stays, and get weight, tier and PROXY header', () => {
    const { pool, events } = poolOf([one, two]);
    const kept = at(pool, two);
    pool.enter(kept);
    dialsFail(pool, kept, 0);
    pool.update(plannedPool([three, { ...two, weight: 7, tier: 'backup', proxyProtocol: 'v2' }]));
    expect(names(pool)).toEqual(['10.0.0.3:80', '10.0.0.2:80']);
    expect(at(pool, two)).toBe(kept);
    expect(kept).toMatchObject({
      sessions: 1,
      health: { state: 'paused' },
      planned: { weight: 7, tier: 'backup', proxyProtocol: 'v2' },
    });
    expect(kinds(events)).toEqual(['target out']);
  });

  it('that are gone keep their sessions, change nothing, and have their sessions when they come back', () => {
    const { pool, events } = poolOf([one, two]);
    const [gone, idle] = [at(pool, one), at(pool, two)];
    pool.enter(gone);
    pool.enter(gone);
    pool.update(plannedPool([three, { host: '10.0.0.4' }]));
    dialsFail(pool, gone, 0);
    pool.gaveUp(gone, 0);
    pool.leave(gone);
    expect(events).toEqual([]);
    pool.update(plannedPool([three]));
    pool.update(plannedPool([one, two]));
    expect([at(pool, one) === gone, gone.sessions, at(pool, two) === idle]).toEqual([true, 1, false]);
    pool.leave(gone);
    pool.update(plannedPool([three]));
    pool.update(plannedPool([one, three]));
    expect(at(pool, one)).not.toBe(gone);
  });

  it('that are gone keep the pool in use while they have sessions', () => {
    const { pool } = poolOf([one]);
    const gone = at(pool, one);
    pool.enter(gone);
    pool.update(plannedPool([two]));
    expect(pool.inUse).toBe(true);
    pool.leave(gone);
    expect(pool.inUse).toBe(false);
    pool.enter(at(pool, two));
    expect(pool.inUse).toBe(true);
  });

  it('are for a session whose dial of the one before has failed, too', () => {
    const { pool } = poolOf([one]);
    const tried = at(pool, one);
    expect(pool.pick(undefined, 0, [tried])).toBe('no target');
    pool.update(plannedPool([two]));
    expect(nameOf(pool.pick(undefined, 0, [tried]))).toBe('10.0.0.2:80');
  });

  it('are in when they come back, whatever was before', () => {
    const { pool, events } = poolOf([one, two], { health: checks });
    const gone = at(pool, one);
    pool.enter(gone);
    checksFail(pool, gone);
    pool.update(plannedPool([two], { health: checks }));
    checksFail(pool, gone);
    pool.update(plannedPool([one, two], { health: checks }));
    expect([at(pool, one) === gone, gone.health.state, kinds(events)]).toEqual([true, 'in', ['target out']]);
  });

  it('may stand several times', () => {
    const { pool } = poolOf([one, one]);
    const before = pool.targets;
    for (const target of before) pool.enter(target);
    pool.update(plannedPool([one, two, one, one]));
    expect([pool.targets[0] === before[0], pool.targets[2] === before[1], pool.targets[3]?.sessions]).toEqual([
      true,
      true,
      0,
    ]);
  });

  it.each(['roundrobin', 'leastconn', 'source'] as const)('take part in %s', (balance) => {
    const { pool } = poolOf([one], { balance: 'roundrobin' });
    pool.update(plannedPool([two, three], { balance }));
    const sources = Array.from({ length: 40 }, (_, source) => nameOf(pool.pick(source, 0, [])));
    expect(new Set(sources)).toEqual(new Set(names(pool)));
  });

  it('go on in their turn', () => {
    const { pool } = poolOf([one, two, three]);
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    pool.update(plannedPool([one, two, three]));
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.3:80', '10.0.0.1:80']);
  });

  it('share equally soon, however unequal weights were', () => {
    const { pool } = poolOf([one, two, { ...three, weight: 100 }]);
    while (picks(pool, 1, 0)[0] !== '10.0.0.1:80');
    pool.update(plannedPool([one, two]));
    expect(picks(pool, 10, 0).filter((name) => name === '10.0.0.2:80').length).toBeLessThan(8);
  });

  it('may be one alone, or not any more', () => {
    const { pool } = poolOf([one]);
    pool.update(plannedPool([one, two]));
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    pool.update(plannedPool([two]));
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.2:80', '10.0.0.2:80']);
  });
});

describe('health by another plan', () => {
  it('brings in what checks have put down, where there are none any more', () => {
    const { pool, events } = poolOf([one, two], { health: checks });
    for (const target of pool.targets) checksFail(pool, target);
    events.length = 0;
    pool.update(plannedPool([one, two]));
    expect(events).toMatchObject([
      { kind: 'target in', target: '10.0.0.1:80', cause: 'checks' },
      { kind: 'target in', target: '10.0.0.2:80', cause: 'checks' },
      { kind: 'pool has targets again' },
    ]);
    expect(picks(pool, 2, 0)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
  });

  it('brings in what dials have put out, where it is alone', () => {
    const { pool, events } = poolOf([one, two]);
    dialsFail(pool, at(pool, one), 0);
    pool.update(plannedPool([one]));
    expect(events).toMatchObject([
      { kind: 'target out' },
      { kind: 'target in', target: '10.0.0.1:80', cause: 'dials' },
    ]);
  });

  it('reports a pool that is empty by the plan, or has targets again', () => {
    const { pool, events } = poolOf([one, two], { health: checks });
    checksFail(pool, at(pool, one));
    events.length = 0;
    pool.update(plannedPool([one], { health: checks }));
    pool.update(plannedPool([one, three], { health: checks }));
    expect(kinds(events)).toEqual(['pool empty', 'pool has targets again']);
  });

  it('counts to another `fall`, and leaves trials another time', () => {
    const { pool, events } = poolOf([one, two]);
    pool.update(plannedPool([one, two], { health: { ...checks, fall: 1 } }), { trialTime: 60_000 });
    pool.failed(at(pool, one), 0, 'refused');
    expect(kinds(events)).toEqual(['target out']);
    expect(picks(pool, 2, 10_000)).toContain('10.0.0.1:80');
    expect(picks(pool, 2, 69_999)).not.toContain('10.0.0.1:80');
  });
});

describe('what the operator has taken out', () => {
  function withOuts(...given: Parameters<typeof plannedPool>) {
    const outs = new TakenOut();
    return { outs, pool: new Pool(plannedPool(...given), { isOut: (target) => outs.has(target) }) };
  }

  it.each([
    ['alone', [one]],
    ['the only primary one', [one, { ...two, tier: 'backup' }]],
    ['one of two', [one, two]],
  ] as const)('has no new sessions: %s', (_, targets) => {
    const { outs, pool } = withOuts(targets);
    outs.takeOut('10.0.0.1:80', 0);
    const others = names(pool).slice(1);
    expect(picks(pool, 2, 0)).toEqual([others[0] ?? 'no target', others[0] ?? 'no target']);
    outs.takeOut('10.0.0.2', 0);
    expect(picks(pool, 1, 0)).toEqual(['no target']);
    outs.putIn('10.0.0.1:80');
    expect(picks(pool, 1, 0)).toEqual(['10.0.0.1:80']);
  });

  it('is not dialed where all others are passed over, and keeps sessions, health and checks', () => {
    const { outs, pool } = withOuts([one, two], { health: checks });
    const [taken, other] = [at(pool, one), at(pool, two)];
    pool.enter(taken);
    outs.takeOut('10.0.0.1', 0);
    dialsFail(pool, other, 0);
    expect(picks(pool, 2, 1)).toEqual([other.name, other.name]);
    checksFail(pool, taken);
    expect(taken).toMatchObject({ sessions: 1, health: { state: 'down' } });
    pool.update(plannedPool([one], { health: checks }));
    expect(pool.pick(undefined, 0, [])).toBe('no target');
  });
});

describe('whatever happens between plans', () => {
  const hosts = [one, two, three, { host: '10.0.0.4' }];
  const planned = fc
    .record({
      targets: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
      balance: fc.constantFrom<PlannedPool['balance'][]>('roundrobin', 'leastconn', 'source'),
      health: fc.constantFrom('no checks', 'checks'),
    })
    .map(({ targets, balance, health }) =>
      plannedPool(
        targets.map((index): TargetAbout => hosts[index] ?? one),
        { balance, ...(health === 'checks' && { health: checks }) },
      ),
    );
  const what = fc.constantFrom('failed', 'succeeded', 'check failed', 'check failed', 'pick', 'pick', 'leave', 'out');
  const step = fc.oneof(
    { weight: 1, arbitrary: fc.record({ next: planned }) },
    { weight: 8, arbitrary: fc.record({ what, index: fc.nat(11) }) },
  );

  it('no session is lost or counted twice, picks are in the plan, and events take turns', () => {
    fc.assert(
      fc.property(planned, fc.array(step, { maxLength: 80, size: 'max' }), (first, steps) => {
        const outs = new TakenOut();
        const events: { kind: string; target?: string }[] = [];
        const pool = new Pool(first, { isOut: (target) => outs.has(target), onEvent: (event) => events.push(event) });
        const live: PoolTarget[] = [];
        const seen = new Set(pool.targets);
        /** What each target's events say of it, and those of the pool. */
        const states = new Map<string, string>();
        let now = 0;
        for (const given of steps) {
          now += 4_000;
          events.length = 0;
          if ('next' in given) {
            const before = new Map(pool.targets.map((target) => [target.name, target]));
            pool.update(given.next);
            for (const target of pool.targets) expect(target).toBe(before.get(target.name) ?? target);
            for (const name of before.keys()) if (!names(pool).includes(name)) states.delete(name);
            for (const target of pool.targets) seen.add(target);
          } else {
            const target = [...seen][given.index % seen.size];
            if (target === undefined) throw new Error('Cannot test: the pool has no targets');
            if (given.what === 'failed') pool.failed(target, now, 'refused');
            else if (given.what === 'succeeded') pool.succeeded(target, now);
            else if (given.what === 'check failed') pool.checked(target, { ok: false, why: 'refused' });
            else if (given.what === 'leave') {
              const [leaving] = live.splice(given.index % Math.max(1, live.length), 1);
              if (leaving !== undefined) pool.leave(leaving);
            } else if (given.what === 'out') {
              if (outs.takeOut(target.host, now) === 'was out') outs.putIn(target.host);
            } else {
              const picked = pool.pick(given.index, now, []);
              const open = pool.targets.filter((one) => one.health.state !== 'down' && !outs.has(one));
              if (typeof picked === 'string') expect([picked, open]).toEqual(['no target', []]);
              else {
                expect(open).toContain(picked);
                pool.enter(picked);
                live.push(picked);
              }
            }
          }
          for (const { kind, target = 'pool' } of events) {
            expect(kind).not.toBe(states.get(target) ?? (target === 'pool' ? 'pool has targets again' : 'target in'));
            states.set(target, kind);
          }
          for (const target of pool.targets) {
            expect(states.get(target.name) ?? 'target in').toBe(
              target.health.state === 'in' ? 'target in' : 'target out',
            );
            expect(target.sessions).toBe(live.filter(({ name }) => name === target.name).length);
          }
        }
        for (const target of live) pool.leave(target);
        expect([...seen].map(({ sessions }) => sessions)).toEqual([...seen].map(() => 0));
      }),
      { numRuns: 200 },
    );
  });
});
