import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import type { PlannedRules } from '../../src/plan/plan.ts';
import { Admission, type CountedTarget, GlobalScope } from '../../src/policy/admission.ts';
import type { Denial } from '../../src/policy/denial.ts';
import { perSource, rules } from './rules.ts';

const unlimited = new GlobalScope({});
const rate = { sessions: 1, per: 60_000, burst: 1 };

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function admission(changes: Partial<PlannedRules>, globals = unlimited): Admission {
  return new Admission(rules(changes), globals);
}

/** Admits a client where it may be admitted. */
function enter(own: Admission, client: Ip, now: number): Denial | undefined {
  const denial = own.check(client, now);
  if (denial === undefined) own.count(client, now);
  return denial;
}

function target(host: string, port: number): CountedTarget {
  return { name: `${host}:${port}`, host };
}

const ssh5 = target('10.0.0.5', 22);

describe('access', () => {
  const everyone = ['0.0.0.0/0', '::/0'];

  test.each<[readonly string[], readonly string[], string, Denial | undefined]>([
    [everyone, [], '192.0.2.7', undefined],
    [everyone, [], '2001:db8::1', undefined],
    [['10.0.0.0/8'], [], '10.1.2.3', undefined],
    [['10.0.0.0/8'], [], '192.0.2.7', 'address'],
    [['10.0.0.0/8'], [], '2001:db8::1', 'address'],
    [['10.0.0.0/8'], [], '::ffff:10.1.2.3', undefined],
    [['0.0.0.0/0'], [], '2001:db8::1', 'address'],
    [['::/0'], [], '192.0.2.7', 'address'],
    [[], [], '192.0.2.7', 'address'],
    [everyone, ['192.0.2.0/24'], '192.0.2.7', 'address'],
    [everyone, ['192.0.2.0/24'], '192.0.3.7', undefined],
    [everyone, ['2001:db8::/32'], '2001:db8::1', 'address'],
    // deny wins, however narrow the allow is.
    [['192.0.2.7'], ['192.0.2.0/24'], '192.0.2.7', 'address'],
    [['192.0.2.0/24'], ['192.0.2.7'], '192.0.2.8', undefined],
  ])('allow %j, deny %j, from %s: %s', (allow, deny, from, expected) => {
    expect(admission({ access: { allow, deny } }).check(ip(from), 0)).toBe(expected);
  });
});

describe('limits', () => {
  it('on the sessions of a service, which come back as sessions leave', () => {
    const own = admission({ limits: { sessions: 2 } });
    expect([1, 2, 3].map((n) => enter(own, n, 0))).toEqual([undefined, undefined, 'service sessions']);
    expect(own.sessions).toBe(2);
    own.leave(1, 0);
    expect([own.sessions, enter(own, 3, 0)]).toEqual([1, undefined]);
  });

  it('on the sessions of a source, own and global ones both', () => {
    const globals = new GlobalScope({ perSource: perSource({ sessions: 3 }) });
    const ssh = admission({ limits: { perSource: perSource({ sessions: 2 }) } }, globals);
    const http = admission({}, globals);
    expect([ssh, ssh, ssh].map((one) => enter(one, 7, 0))).toEqual([undefined, undefined, 'source sessions']);
    expect([http, http].map((one) => enter(one, 7, 0))).toEqual([undefined, 'source sessions']);
    expect(enter(http, 8, 0)).toBeUndefined();
    ssh.leave(7, 0);
    expect(enter(http, 7, 0)).toBeUndefined();
    expect(enter(ssh, 7, 0)).toBe('source sessions');
  });

  it('on the rate of a source, own and global ones both', () => {
    const globals = new GlobalScope({ perSource: perSource({ rate: { ...rate, burst: 2 } }) });
    const ssh = admission({ limits: { perSource: perSource({ rate }) } }, globals);
    const http = admission({}, globals);
    expect([ssh, ssh, http, http].map((one) => enter(one, 7, 0))).toEqual([
      undefined,
      'source rate',
      undefined,
      'source rate',
    ]);
  });

  it('on dials of a target that is silent, by host and port: a firewall may drop packets to one port alone', () => {
    const own = admission({});
    for (let dial = 0; dial < 16; dial += 1) own.enterTarget(target('10.0.0.5', 80), 0);
    expect(own.checkTarget(target('10.0.0.5', 80), 10_000)).toBe('no answer');
    expect(own.checkTarget(ssh5, 10_000)).toBeUndefined();
    own.enterTarget(ssh5, 10_000);
    own.endDial(ssh5, 'answer', 10_001);
    expect(own.checkTarget(target('10.0.0.5', 80), 10_001)).toBe('no answer');
  });

  it('on the sessions of a target host, own and global ones both', () => {
    const globals = new GlobalScope({ perTarget: 3 });
    const ssh = admission({ limits: { perTarget: 2 } }, globals);
    const http = admission({}, globals);
    const enter = (one: Admission): boolean => {
      const has = one.checkTarget(ssh5, 0) === undefined;
      if (has) one.enterTarget(ssh5, 0);
      return has;
    };
    expect([ssh, ssh, ssh, http, http].map(enter)).toEqual([true, true, false, true, false]);
    expect(ssh.checkTarget(target('10.0.0.6', 22), 0)).toBeUndefined();
    ssh.leaveTarget(ssh5);
    expect([http, ssh].map(enter)).toEqual([true, false]);
  });

  it('are checked after access: a client without access is not denied by them', () => {
    const own = admission({ access: { allow: ['10.0.0.0/8'], deny: [] }, limits: { sessions: 0 } });
    expect([enter(own, ip('192.0.2.7'), 0), enter(own, ip('10.0.0.1'), 0)]).toEqual(['address', 'service sessions']);
  });
});

describe('the source', () => {
  it('must send a header where it is listed', () => {
    const own = admission({ acceptProxyFrom: ['10.0.0.0/8', 'fd00::/8'] });
    const expected = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', 'fd00::1', '2001:db8::1'].map((text) =>
      own.expectsHeader(ip(text)),
    );
    expect(expected).toEqual([true, true, false, true, false]);
  });
});

describe('a client that is denied', () => {
  interface Service {
    readonly changes: Partial<PlannedRules>;
    readonly globals: { readonly perSource?: ReturnType<typeof perSource> };
  }

  const sourceLimits = fc
    .record(
      {
        sessions: fc.integer({ min: 1, max: 4 }),
        rate: fc.record({
          sessions: fc.integer({ min: 1, max: 5 }),
          per: fc.constant(1000),
          burst: fc.integer({ min: 1, max: 4 }),
        }),
      },
      { requiredKeys: [] },
    )
    .map(perSource);
  const service: fc.Arbitrary<Service> = fc.record({
    changes: fc.record({
      access: fc.record({
        allow: fc.constantFrom(['0.0.0.0/0', '::/0'], ['0.0.0.0/29', '::/0']),
        deny: fc.constantFrom([], ['0.0.0.2', '0:0:0:2::/64']),
      }),
      limits: fc.record({ sessions: fc.integer({ min: 1, max: 10 }), perSource: sourceLimits }, { requiredKeys: [] }),
    }),
    globals: fc.record({ perSource: sourceLimits }, { requiredKeys: [] }),
  });
  const client: fc.Arbitrary<Ip> = fc.oneof(
    fc.nat({ max: 9 }),
    fc.bigInt({ min: 0n, max: 5n }).map((n) => n << 64n),
  );
  const visits = fc.array(fc.record({ client, pause: fc.nat({ max: 300 }), leaves: fc.boolean() }), {
    maxLength: 60,
    size: 'max',
  });

  /** What can be seen of the counts; the second gateway shows the rest. */
  function counters(own: Admission, beside: Admission, globals: GlobalScope): unknown {
    return [own.sessions, beside.sessions, globals.sources.size, globals.sources.idleSize];
  }

  it('changes no count, as if the client had never come', () => {
    const denials = new Set<Denial>();
    fc.assert(
      fc.property(service, visits, ({ changes, globals }, all) => {
        const scopes = [new GlobalScope(globals), new GlobalScope(globals)] as const;
        // Two gateways of the same rules: only the first one meets the clients that are denied.
        const [first, second] = [admission(changes, scopes[0]), admission(changes, scopes[1])];
        const beside = admission({}, scopes[0]);
        const live: Ip[] = [];
        let now = 0;
        for (const { client: from, pause, leaves } of all) {
          now += pause;
          const before = counters(first, beside, scopes[0]);
          const denial = enter(first, from, now);
          if (denial !== undefined) {
            denials.add(denial);
            expect(counters(first, beside, scopes[0])).toEqual(before);
            continue;
          }
          expect(enter(second, from, now)).toBeUndefined();
          live.push(from);
          const left = leaves ? live.shift() : undefined;
          if (left === undefined) continue;
          first.leave(left, now);
          second.leave(left, now);
        }
        // Both decide the same: denied clients have taken nothing.
        for (const from of [...live, ...all.map((visit) => visit.client)])
          expect(enter(first, from, now)).toBe(enter(second, from, now));
      }),
      { numRuns: 300 },
    );
    expect([...denials].sort()).toEqual(['address', 'service sessions', 'source rate', 'source sessions']);
  });

  it('leaves its own table alone where the global one denies, and the other way round', () => {
    const globals = new GlobalScope({ perSource: perSource({ sessions: 1 }) });
    const tight = admission({ limits: { perSource: perSource({ rate }) } }, globals);
    const loose = admission({}, globals);
    expect([enter(loose, 7, 0), enter(tight, 7, 0)]).toEqual([undefined, 'source sessions']);
    loose.leave(7, 0);
    // Its own token is still there.
    expect(enter(tight, 7, 0)).toBeUndefined();
    tight.leave(7, 0);
    // Its own rate denies it, and takes no place in the global table.
    expect([enter(tight, 7, 0), enter(loose, 7, 0)]).toEqual(['source rate', undefined]);
  });
});

it('keeps 100,000 live sources, and none of them when all have left', () => {
  const globals = new GlobalScope({ perSource: perSource({ sessions: 1 }) });
  const own = admission({ limits: { perSource: perSource({ sessions: 1 }) } }, globals);
  const source = (n: number): Ip => (n % 2 === 0 ? n : BigInt(n) << 64n);
  for (let n = 0; n < 100_000; n += 1) enter(own, source(n), 0);
  expect([own.sessions, globals.sources.size]).toEqual([100_000, 100_000]);
  expect(enter(own, source(99_999), 0)).toBe('source sessions');
  for (let n = 0; n < 100_000; n += 1) own.leave(source(n), 0);
  expect([own.sessions, globals.sources.size]).toEqual([0, 0]);
});
