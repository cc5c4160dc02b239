import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import type { PlannedRules, PlannedScopeLimits } from '../../src/plan/plan.ts';
import { Admission, type CountedTarget, GlobalScope } from '../../src/policy/admission.ts';
import type { FreshTables } from '../../src/policy/fresh-tables.ts';
import { perSource, rules } from './rules.ts';

const unlimited = new GlobalScope({});

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

/** Changes rules where no session lives, or where no table is made anew. */
function update(own: Admission, changes: Partial<PlannedRules>, now = 0): FreshTables {
  const fresh: FreshTables = new Set();
  own.update(rules(changes), fresh, now);
  return fresh;
}

describe('other rules', () => {
  it('hold for who comes next: access, PROXY headers, sessions', () => {
    const own = new Admission(rules(), unlimited);
    own.count(7, 0);
    update(own, { access: { allow: ['10.0.0.0/8'], deny: ['10.0.0.5'] }, acceptProxyFrom: ['10.0.0.6'] });
    expect(['10.0.0.4', '10.0.0.5', '192.0.2.7'].map((from) => own.check(ip(from), 0))).toEqual([
      undefined,
      'address',
      'address',
    ]);
    expect(['10.0.0.6', '10.0.0.7'].map((from) => own.expectsHeader(ip(from)))).toEqual([true, false]);
    update(own, { limits: { sessions: 1 } });
    expect([own.check(ip('192.0.2.7'), 0), own.expectsHeader(ip('10.0.0.6'))]).toEqual(['service sessions', false]);
    update(own, {});
    expect([own.check(8, 0), own.sessions]).toEqual([undefined, 1]);
  });

  it.each([
    ['a looser rate', { sessions: 10, per: 1_000, burst: 2 }, 200],
    ['a stricter rate', { sessions: 1, per: 60_000, burst: 2 }, 120_000],
    ['a smaller burst', { sessions: 1, per: 1_000, burst: 1 }, 1_000],
    ['a larger burst', { sessions: 1, per: 1_000, burst: 4 }, 2_000],
    ['the same', { sessions: 1, per: 1_000, burst: 2 }, 2_000],
  ])('keep the tokens that a source owes, by %s', (_, rate, fullAfter) => {
    const own = new Admission(
      rules({ limits: { perSource: perSource({ rate: { sessions: 1, per: 1_000, burst: 2 } }) } }),
      unlimited,
    );
    for (const _ of [1, 2]) own.count(7, 1_000);
    const fresh = update(own, { limits: { perSource: perSource({ rate }) } }, 1_000);
    expect(fresh.size).toBe(0);
    const burstAt = (now: number): number => {
      let taken = 0;
      for (; own.check(7, now) === undefined; taken += 1) own.count(7, now);
      return taken;
    };
    expect(burstAt(1_000 + fullAfter)).toBe(rate.burst);
  });

  it('forget what is owed where the rate goes', () => {
    const own = new Admission(
      rules({ limits: { perSource: perSource({ rate: { sessions: 1, per: 1_000, burst: 1 } }) } }),
      unlimited,
    );
    own.count(7, 0);
    update(own, { limits: { perSource: perSource({ sessions: 9 }) } });
    expect(own.check(7, 0)).toBeUndefined();
  });

  it.each<[string, PlannedScopeLimits, number]>([
    ['no limit', {}, 0],
    ['other figures', { perSource: perSource({ sessions: 9, ipv6Network: { sessions: 9, prefix: 48 } }) }, 0],
    ['another network', { perSource: perSource({ sessions: 9, ipv6Network: { sessions: 9, prefix: 56 } }) }, 1],
    ['no network', { perSource: perSource({ sessions: 9 }) }, 0],
    ['another source', { perSource: perSource({ ipv4Prefix: 24, ipv6Network: { prefix: 48 } }) }, 1],
    ['targets, too', { perSource: perSource({ sessions: 2 }), perTarget: 4 }, 1],
  ])('make tables anew only where something else is counted: %s', (_, limits, made) => {
    const before = { perSource: perSource({ sessions: 2, ipv6Network: { sessions: 4, prefix: 48 } }) };
    expect(update(new Admission(rules({ limits: before }), unlimited), { limits }).size).toBe(made);
  });
});

describe('counts', () => {
  const sourceLimits = fc.record({
    sessions: fc.integer({ min: 1, max: 4 }),
    ipv4Prefix: fc.constantFrom(31, 32),
    ipv6Prefix: fc.constantFrom(64, 128),
  });
  const networkLimits = fc.option(fc.record({ sessions: fc.integer({ min: 1, max: 6 }), prefix: fc.constant(48) }));
  const limits = fc
    .record({
      perSource: fc.option(sourceLimits),
      network: networkLimits,
      perTarget: fc.option(fc.integer({ min: 1, max: 5 })),
    })
    .map(
      ({ perSource, network, perTarget }): PlannedScopeLimits => ({
        ...(perSource && { perSource: { ...perSource, ...(network && { ipv6Network: network }) } }),
        ...(perTarget !== null && { perTarget }),
      }),
    );
  const service = fc.nat({ max: 1 });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('admit'), service, source: fc.nat(5), target: fc.nat(2) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave'), nth: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave target'), nth: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('update'), global: limits, own: fc.tuple(limits, limits) }) },
  );
  const sources = ['10.0.0.2', '10.0.0.3', '10.0.0.4', '2001:db8:1:1::1', '2001:db8:1:1::2', '2001:db8:1:2::1'].map(ip);
  const targets: readonly CountedTarget[] = [
    { name: '10.0.0.5:22', host: '10.0.0.5' },
    { name: '10.0.0.5:80', host: '10.0.0.5' },
    { name: '10.0.0.6:22', host: '10.0.0.6' },
  ];

  interface Live {
    readonly service: number;
    readonly source: Ip;
    target: CountedTarget | null;
  }

  /** The bits of a source by these limits, and those of its network. */
  const prefixOf = (source: Ip, bits: { ipv4Prefix: number; ipv6Prefix: number }): string =>
    typeof source === 'number'
      ? `4/${source >>> (32 - bits.ipv4Prefix)}`
      : `6/${source >> BigInt(128 - bits.ipv6Prefix)}`;

  /** Whether one session more fits one scope, by counting all live sessions anew. */
  function modelDenies({ perSource }: PlannedScopeLimits, live: readonly Live[], source: Ip): boolean {
    if (perSource === undefined) return false;
    const same = (bits: typeof perSource): number =>
      live.filter((one) => prefixOf(one.source, bits) === prefixOf(source, bits)).length;
    if (same(perSource) >= (perSource.sessions ?? 0)) return true;
    const { ipv6Network } = perSource;
    if (ipv6Network === undefined || typeof source === 'number') return false;
    return same({ ...perSource, ipv6Prefix: ipv6Network.prefix }) >= (ipv6Network.sessions ?? 0);
  }

  function modelTargetIsFull({ perTarget }: PlannedScopeLimits, live: readonly Live[], host: string): boolean {
    return perTarget !== undefined && live.filter(({ target }) => target?.host === host).length >= perTarget;
  }

  it('are those of the sessions that live, however limits change, and none is left at the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        let all: PlannedScopeLimits = {};
        let own: readonly PlannedScopeLimits[] = [{}, {}];
        const globals = new GlobalScope(all);
        const admissions = own.map((ofOne) => new Admission(rules({ limits: ofOne }), globals));
        let live: Live[] = [];
        const leaveTarget = (one: Live): void => {
          if (one.target !== null) admissions[one.service]?.leaveTarget(one.target);
          one.target = null;
        };
        const leave = (one: Live): void => {
          leaveTarget(one);
          admissions[one.service]?.leave(one.source, 0);
          live = live.filter((other) => other !== one);
        };
        const compare = (): void => {
          for (const [index, admission] of admissions.entries()) {
            const ofService = live.filter((one) => one.service === index);
            expect(admission.sessions).toBe(ofService.length);
            const scopes = [
              [all, live],
              [own[index] ?? {}, ofService],
            ] as const;
            for (const source of sources) {
              const denies = scopes.some(([scope, counted]) => modelDenies(scope, counted, source));
              expect(admission.check(source, 0)).toBe(denies ? 'source sessions' : undefined);
            }
            for (const target of targets) {
              const full = scopes.some(([scope, counted]) => modelTargetIsFull(scope, counted, target.host));
              expect(admission.checkTarget(target, 0)).toBe(full ? 'target sessions' : undefined);
            }
          }
        };

        for (const one of steps) {
          if ('service' in one) {
            const [admission, source] = [admissions[one.service], sources[one.source]];
            const target = targets[one.target] ?? null;
            if (admission === undefined || source === undefined || target === null) throw new Error('no such thing');
            if (admission.check(source, 0) !== undefined) continue;
            admission.count(source, 0);
            const session: Live = { service: one.service, source, target: null };
            live.push(session);
            if (admission.checkTarget(target, 0) === undefined) {
              admission.enterTarget(target, 0);
              admission.endDial(target, 'answer', 0);
              session.target = target;
            }
          } else if ('nth' in one) {
            const session = live[one.nth % Math.max(1, live.length)];
            if (session !== undefined) (one.kind === 'leave' ? leave : leaveTarget)(session);
          } else {
            const fresh: FreshTables = new Set();
            all = one.global;
            own = one.own;
            globals.update(all, fresh, 0);
            for (const [index, admission] of admissions.entries())
              admission.update(rules({ limits: own[index] ?? {} }), fresh, 0);
            for (const { service, source, target } of live) admissions[service]?.restore(source, target, fresh);
          }
          compare();
        }
        for (const one of live) leave(one);
        compare();
        expect([globals.sources.size, globals.targets.size, globals.dials.size]).toEqual([0, 0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
