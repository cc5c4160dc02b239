import { describe, expect, test } from 'vitest';
import type { PlannedRules } from '../../src/plan/plan.ts';
import { type Planning, plan, planProblems } from './planning.ts';

/** The rules of service ssh, which has `own`, under the settings `global`. */
function sshRules(own: string, global = '', more: Planning = {}): PlannedRules {
  const yaml = `${global}\ngateway: { services: { ssh: { base: 30000, port: 22, ${own} } } }`;
  const rules = plan({ yaml, ...more }).rules['service ssh'];
  if (rules === undefined) throw new Error('service ssh has no rules');
  return rules;
}

const everywhere = ['0.0.0.0/0', '::/0'];

test('by default every client is let in, and only the shares of a listener and a source are limited', () => {
  const { rules, limits, listeners } = plan({
    yaml: 'gateway: {}\nforwards: [{ listen: 8080, to: a:1 }, { listen: "127.0.0.1:8081", to: a:1 }]',
  });
  expect(Object.keys(rules)).toEqual([
    'service ssh',
    'service http',
    'service https',
    'forward 8080',
    'forward 127.0.0.1:8081',
  ]);
  expect(rules['service ssh']).toEqual({
    access: { allow: everywhere, deny: [] },
    limits: {},
    perListener: limits.perListener,
    timeouts: {
      dial: 5000,
      dialTotal: 10_000,
      idle: 432_000_000,
      halfClosed: 120_000,
      keepAlive: 120_000,
      proxyHeader: 3000,
    },
    acceptProxyFrom: [],
    dialFrom: [],
  });
  expect(limits).not.toHaveProperty('perTarget');
  for (const { rules: name } of listeners) expect(rules).toHaveProperty([name]);
});

describe('access', () => {
  const global = 'access: { allow: [10.0.0.0/8], deny: [10.0.0.5] }';

  test.each([
    ['', { allow: ['10.0.0.0/8'], deny: ['10.0.0.5/32'] }],
    ['access: {}', { allow: ['10.0.0.0/8'], deny: ['10.0.0.5/32'] }],
    ['access: { allow: ["fd00::/8"] }', { allow: ['fd00::/8'], deny: ['10.0.0.5/32'] }],
    ['access: { deny: [10.1.0.0/16, 10.0.0.5] }', { allow: ['10.0.0.0/8'], deny: ['10.0.0.5/32', '10.1.0.0/16'] }],
    ['access: { allow: [] }', { allow: [], deny: ['10.0.0.5/32'] }],
  ])('own %j: allow in place of the global list, deny beside it', (own, expected) => {
    expect(sshRules(own, global).access).toEqual(expected);
  });

  test('that lets no client in has a note', () => {
    expect(plan({ flags: { allow: '', service: ['ssh=30000:22', 'web=31000:80'] } }).notes).toEqual([
      'No client is let in to service ssh, service web: the list of access.allow is empty',
    ]);
    expect(plan({ yaml: 'forwards: [{ listen: 8080, to: a:1 }]' }).notes).toEqual([]);
  });
});

describe('limits', () => {
  test('of sources and targets: global ones beside own ones', () => {
    const yaml = `limits: { perSource: { sessions: 64 }, perTarget: { sessions: 500 } }
gateway:
  services:
    ssh:
      base: 30000
      port: 22
      limits: { sessions: 10, perSource: { rate: 20/m }, perTarget: { sessions: 5 } }`;
    const { limits, rules } = plan({ yaml });
    expect(limits).toMatchObject({ perSource: { sessions: 64, ipv4Prefix: 32, ipv6Prefix: 64 }, perTarget: 500 });
    expect(limits.perSource).not.toHaveProperty('rate');
    expect(rules['service ssh']?.limits).toEqual({
      sessions: 10,
      perSource: {
        rate: { sessions: 20, per: 60_000, burst: 20 },
        ipv4Prefix: 32,
        ipv6Prefix: 64,
        ipv6Network: { rate: { sessions: 80, per: 60_000, burst: 80 }, prefix: 48 },
      },
      perTarget: 5,
    });
  });

  test.each([
    ['auto, an eighth', {}, 1163, 4652],
    ['auto, 64 at least', { sessions: '200' }, 64, 200],
    ['auto, never more than there are', { sessions: '9' }, 9, 9],
    ['a number', { 'per-source-sessions': '7' }, 7, 28],
  ])('sessions of a source: %s; of an IPv6 /48 four times that', (_, flags, source, network) => {
    const { perSource } = plan({ flags }).limits;
    expect([perSource?.sessions, perSource?.ipv6Network?.sessions]).toEqual([source, network]);
  });

  test('sessions of a source: unlimited', () => {
    expect(plan({ flags: { 'per-source-sessions': 'unlimited' } }).limits).not.toHaveProperty('perSource');
    const { perSource } = plan({ flags: { 'per-source-sessions': 'unlimited', 'per-source-rate': '5/s' } }).limits;
    expect(perSource).not.toHaveProperty('sessions');
    expect(perSource?.ipv6Network).toEqual({ rate: { sessions: 20, per: 1000, burst: 20 }, prefix: 48 });
  });

  test('where a source is an IPv6 /48 or more, there is no second tier', () => {
    expect(plan({ yaml: 'limits: { perSource: { ipv6Prefix: 48 } }' }).limits.perSource).not.toHaveProperty(
      'ipv6Network',
    );
    expect(plan({ yaml: 'limits: { perSource: { ipv6Prefix: 56 } }' }).limits.perSource).toHaveProperty('ipv6Network');
  });

  test('a burst may be larger or smaller than the rate', () => {
    const { limits } = plan({ flags: { 'per-source-rate': '20/m', 'per-source-burst': '1' } });
    expect(limits.perSource?.rate).toEqual({ sessions: 20, per: 60_000, burst: 1 });
  });

  test.each([
    ['', 'limits: { sessions: 100, perListener: 7 }', 7],
    ['limits: { perListener: 3 }', 'limits: { sessions: 100, perListener: 7 }', 3],
    ['limits: { perListener: 9 }', 'limits: { sessions: 100, perListener: 7 }', 9],
    ['limits: { perListener: auto }', 'limits: { sessions: 100, perListener: 7 }', 50],
  ])('own %j under %j: %i through one listener', (own, global, expected) => {
    expect(sshRules(own, global).perListener).toBe(expected);
  });

  test.each([
    [
      'limits: { sessions: 101 }',
      '2:74: Cannot allow 101 sessions for service ssh: all listeners together have 100; write 100 or less',
    ],
    [
      'limits: { perListener: 101 }',
      '2:77: Cannot allow 101 sessions per listener of service ssh: all of them together have 100; write 100 or less',
    ],
    [
      'limits: { sessions: 5, perListener: 6 }',
      '2:90: Cannot allow 6 sessions per listener of service ssh: all of them together have 5; write 5 or less',
    ],
  ])('%s of 100 in all is a problem', (own, expected) => {
    const yaml = `limits: { sessions: 100 }\ngateway: { services: { ssh: { base: 30000, port: 22, ${own} } } }`;
    const problems = planProblems({ yaml });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`floatgate.yaml:${expected}`);
  });
});

describe('time-outs', () => {
  test('each of its own in place of the global one', () => {
    const { timeouts } = sshRules('timeouts: { idle: 1h, maxAge: 8h }', 'timeouts: { idle: 1d, dial: 1s, maxAge: 1d }');
    expect(timeouts).toEqual({
      dial: 1000,
      dialTotal: 10_000,
      idle: 3_600_000,
      halfClosed: 120_000,
      keepAlive: 120_000,
      proxyHeader: 3000,
      maxAge: 28_800_000,
    });
  });

  test.each([
    ['', '', 10_000],
    ['timeouts: { dial: 30s }', '', 30_000],
    ['', 'timeouts: { dial: 30s }', 30_000],
    ['timeouts: { dial: 2s }', 'timeouts: { dial: 30s }', 10_000],
    ['timeouts: { dial: 30s }', 'timeouts: { dialTotal: 7s }', 7000],
    ['timeouts: { dialTotal: 6s }', 'timeouts: { dialTotal: 7s }', 6000],
  ])('own %j under %j: %i for all tries to connect', (own, global, expected) => {
    expect(sshRules(own, global).timeouts.dialTotal).toBe(expected);
  });

  test('are the global ones where it has none of its own', () => {
    expect(sshRules('', '', { flags: { 'dial-timeout': '30s', 'max-age': '1h' } }).timeouts).toMatchObject({
      dial: 30_000,
      dialTotal: 30_000,
      maxAge: 3_600_000,
    });
  });
});

test.each([
  ['', '', []],
  ['', 'acceptProxy: { from: [10.0.0.7] }', ['10.0.0.7/32']],
  ['acceptProxy: { from: [] }', 'acceptProxy: { from: [10.0.0.7] }', []],
  ['acceptProxy: { from: ["::/0"] }', 'acceptProxy: { from: [10.0.0.7] }', ['::/0']],
])('PROXY headers, own %j under %j: required of %j', (own, global, expected) => {
  expect(sshRules(own, global).acceptProxyFrom).toEqual(expected);
});
