import { describe, expect, test } from 'vitest';
import { load, problemsOf } from './load.ts';

/** Everything that may stand at the top, in a service and in a forward. */
const everything = `access: { allow: [10.0.0.0/8], deny: [10.0.0.5] }
limits:
  sessions: 9
  perListener: auto
  perSource: { sessions: 3, rate: 20/m, burst: 40, ipv4Prefix: 24, ipv6Prefix: 56 }
  perTarget: { sessions: 7 }
timeouts: { dial: 1s, dialTotal: 2s, idle: 3s, halfClosed: 4s, keepAlive: 11s, proxyHeader: 5s, maxAge: 6s, silent: 7s }
proxyProtocol: v2
dialFrom: [10.0.0.9, "::ffff:10.0.0.10", "fd00:0::9"]
acceptProxy: { from: [10.0.0.7] }
`;

const read = {
  access: { allow: ['10.0.0.0/8'], deny: ['10.0.0.5/32'] },
  limits: {
    sessions: 9,
    perListener: 'auto',
    perSource: { sessions: 3, rate: { sessions: 20, per: 60_000 }, burst: 40, ipv4Prefix: 24, ipv6Prefix: 56 },
    perTarget: { sessions: 7 },
  },
  timeouts: {
    dial: 1000,
    dialTotal: 2000,
    idle: 3000,
    halfClosed: 4000,
    keepAlive: 11_000,
    proxyHeader: 5000,
    maxAge: 6000,
    silent: 7000,
  },
  proxyProtocol: 'v2',
  dialFrom: ['10.0.0.9', '10.0.0.10', 'fd00::9'],
  acceptProxy: { from: ['10.0.0.7/32'] },
};

const indent = (spaces: number) => everything.trimEnd().replaceAll(/^/gm, ' '.repeat(spaces));

test('the same keys are read the same way everywhere', () => {
  expect(load({ yaml: everything }).config).toMatchObject(read);
  const service = `gateway:\n  services:\n    ssh:\n      base: 30000\n      port: 22\n${indent(6)}`;
  expect(load({ yaml: service }).config.gateway?.services.ssh).toEqual({ base: 30_000, port: 22, ...read });
  const forward = `forwards:\n  - listen: 80\n    to: a:1\n${indent(4)}`;
  expect(load({ yaml: forward }).config.forwards[0]).toMatchObject(read);
});

test('what a service leaves out stays out: the global value is the plan to find', () => {
  const { config } = load({ yaml: 'gateway: { services: { ssh: { base: 1, port: 2, timeouts: { dial: 1s } } } }' });
  expect(config.gateway?.services.ssh).toEqual({ base: 1, port: 2, timeouts: { dial: 1000 } });
});

test('off is a word, not false', () => {
  expect(load({ yaml: 'proxyProtocol: off' }).config.proxyProtocol).toBe('off');
});

test('a layer gives single limits of a source, and whole lists', () => {
  const { config } = load({
    yaml: 'limits: { perSource: { rate: 20/m, ipv6Prefix: 48 } }\naccess: { allow: [10.0.0.0/8], deny: [10.0.0.5] }',
    environment: { FLOATGATE_PER_SOURCE_BURST: '40', FLOATGATE_ALLOW: '192.0.2.0/24,fd00::/8' },
    flags: { 'per-source-sessions': '3' },
  });
  expect(config.limits.perSource).toEqual({
    sessions: 3,
    rate: { sessions: 20, per: 60_000 },
    burst: 40,
    ipv4Prefix: 32,
    ipv6Prefix: 48,
  });
  expect(config.access).toEqual({ allow: ['192.0.2.0/24', 'fd00::/8'], deny: ['10.0.0.5/32'] });
});

describe('problems', () => {
  const service = (rest: string) => `gateway: { services: { ssh: { base: 1, port: 2, ${rest} } } }`;

  test.each([
    ['access: { allow: 5 }', '1:18: Cannot read access.allow: current value is 5; write a list of networks'],
    [
      'access: { allow: "10.0.0.0/8, fd00::/8" }',
      '1:18: Cannot read access.allow: current value is "10.0.0.0/8, fd00::/8"; write a list of networks, like [10',
    ],
    [
      'access: { deny: 10.0.0.7/8 }',
      '1:17: Cannot read access.deny: current value is "10.0.0.7/8"; it is no network; did you mean 10.0.0.0/8?',
    ],
    [
      'access: { allow: [10.0.0.7/8] }',
      '1:19: Cannot read access.allow[0]: current value is "10.0.0.7/8"; it is no network; did you mean 10.0.0.0/8?',
    ],
    [
      'access: { deny: [::/0, x] }',
      '1:24: Cannot read access.deny[1]: current value is "x"; write a network or an address, like 10.0.0.0/8, ' +
        '"fd00::/8" or 192.0.2.7',
    ],
    ['access: { alow: [] }', '1:11: Cannot use key "alow" in access: there is no such key; did you mean allow?'],
    ['allow: []', '1:1: Cannot use key "allow": there is no such key; it belongs at access.allow'],
    ['proxyProtocol: on', '1:16: Cannot read proxyProtocol: current value is "on"; write off, v1 or v2'],
    ['proxyProtocol: false', '1:16: Cannot read proxyProtocol: current value is false; write off, v1 or v2'],
    ['acceptProxy: {}', '1:1: Cannot read acceptProxy: "from" is missing; write a list of networks'],
    ['timeouts: { maxAge: 0s }', '1:21: Cannot read timeouts.maxAge: current value is "0s"; write a duration from 1ms'],
    ['limits: { perTarget: {} }', '1:11: Cannot read limits.perTarget: "sessions" is missing; write a whole number'],
    [
      'limits: { perTarget: 5 }',
      '1:22: Cannot read limits.perTarget: current value is 5; write settings below it, like sessions: 500',
    ],
    [
      'limits: { perSource: { rate: 20/d } }',
      '1:30: Cannot read limits.perSource.rate: current value is "20/d"; write a rate like 5/s, 20/m, 100/h or 10/30s',
    ],
    [
      'limits: { perSource: { sessions: 2, ipv4Prefix: 33 } }',
      '1:49: Cannot read limits.perSource.ipv4Prefix: current value is 33; write a whole number from 1 to 32',
    ],
    [
      'limits: { perSource: { sessions: 2, ipv6Prefix: 0 } }',
      '1:49: Cannot read limits.perSource.ipv6Prefix: current value is 0; write a whole number from 1 to 128',
    ],
    [
      'limits: { perSource: { sessions: none } }',
      '1:34: Cannot read limits.perSource.sessions: current value is "none"; write auto, unlimited or a whole ' +
        'number from 1 up',
    ],
    [
      'dialFrom: [eth0]',
      '1:12: Cannot read dialFrom[0]: current value is "eth0"; write an address of this machine, like 192.0.2.10 ' +
        'or "2001:db8::10"',
    ],
    [
      service('limits: { sessions: auto }'),
      '1:69: Cannot read gateway.services.ssh.limits.sessions: current value is "auto"; write a whole number from 1 up',
    ],
    [
      service('timeouts: { drain: 5s }'),
      '1:61: Cannot use key "drain" in gateway.services.ssh.timeouts: there is no such key; it belongs at ' +
        'timeouts.drain',
    ],
    [
      service('rate: 5/s'),
      '1:49: Cannot use key "rate" in gateway.services.ssh: there is no such key; it belongs at ' +
        'gateway.services.ssh.limits.perSource.rate',
    ],
    [
      service('allow: [10.0.0.0/8]'),
      '1:49: Cannot use key "allow" in gateway.services.ssh: there is no such key; it belongs at ' +
        'gateway.services.ssh.access.allow',
    ],
    [
      'forwards: [{ listen: 1, to: { target: a:1, deny: [] } }]',
      '1:44: Cannot use key "deny" in forwards[0].to: there is no such key; it belongs at forwards[0].access.deny',
    ],
    [
      service('subnet: auto'),
      '1:49: Cannot use key "subnet" in gateway.services.ssh: there is no such key; it belongs at gateway.subnet',
    ],
    [
      'forwards: [{ listen: 1, to: a:1, acess: {} }]',
      '1:34: Cannot use key "acess" in forwards[0]: there is no such key; did you mean access?',
    ],
  ])('%s', (yaml, expected) => {
    const problems = problemsOf({ yaml });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`floatgate.yaml:${expected}`);
  });
});
