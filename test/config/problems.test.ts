import { describe, expect, test } from 'vitest';
import { problemsOf } from './load.ts';

/** The one problem of a file, without the lines that show its place. */
function problemOf(yaml: string): string | undefined {
  const problems = problemsOf({ yaml });
  expect(problems).toHaveLength(1);
  return problems[0]?.split('\n')[0];
}

test('a problem shows its line, and a caret under the value', () => {
  expect(problemsOf({ yaml: 'timeouts:\n  idle: 1h\n  dial: 5 parsecs   # far\n' })).toEqual([
    [
      'floatgate.yaml:3:9: Cannot read timeouts.dial: current value is "5 parsecs"; write a duration like 5s, 2m or 5d',
      '    dial: 5 parsecs   # far',
      '          ^^^^^^^^^',
    ].join('\n'),
  ]);
});

describe.each([
  [
    'unknown key, mistyped',
    'gateway: { subnt: auto }',
    '1:12: Cannot use key "subnt" in gateway: there is no such key; did you mean subnet?',
  ],
  [
    'unknown key, other case',
    'timeouts: { half_closed: 1s }',
    '1:13: Cannot use key "half_closed" in timeouts: there is no such key; did you mean halfClosed?',
  ],
  [
    'unknown key, misplaced',
    'subnet: auto',
    '1:1: Cannot use key "subnet": there is no such key; it belongs at gateway.subnet',
  ],
  [
    'unknown key, of a feature that is not built',
    'http: {}',
    '1:1: Cannot use key "http": there is no such key; known keys are gateway, forwards, bind, public, engine, ' +
      'limits, access, proxyProtocol, acceptProxy, dialFrom, timeouts, names, drain, control, log',
  ],
  [
    'unknown key in a service',
    'gateway: { services: { ssh: { base: 1, port: 2, prot: 3 } } }',
    '1:49: Cannot use key "prot" in gateway.services.ssh: there is no such key; did you mean port?',
  ],
  [
    'wrong type: a mapping',
    'limits: 5',
    '1:9: Cannot read limits: current value is 5; write settings below it, like sessions: 500',
  ],
  [
    'wrong type: empty',
    'gateway:\nengine: auto',
    '1:1: Cannot read gateway: current value is empty; write settings below it, like subnet: auto',
  ],
  [
    'wrong type: a mapping for a list',
    'bind: { a: b }',
    '1:1: Cannot read bind: current value is a mapping; write a list of IP addresses, like ["0.0.0.0", "::"]',
  ],
  [
    'bad public address: loopback',
    'public: [127.0.0.1]',
    '1:10: Cannot read public[0]: current value is "127.0.0.1"; write an IP address at which others reach this ' +
      'machine, like 203.0.113.7',
  ],
  [
    'bad public address: alone',
    'public: 10.0.0.0/8',
    '1:9: Cannot read public: current value is "10.0.0.0/8"; write an IP address at which others reach this ' +
      'machine, like 203.0.113.7',
  ],
  [
    'bad number of possible loops',
    'limits: { possibleLoops: 0 }',
    '1:26: Cannot read limits.possibleLoops: current value is 0; write unlimited or a whole number from 1 up',
  ],
  [
    'missing key',
    'gateway: { services: { ssh: { base: 1 } } }',
    '1:24: Cannot read gateway.services.ssh: "port" is missing; write a port from 1 to 65535',
  ],
  [
    'bad duration: no unit',
    'timeouts: { dial: 5 }',
    '1:19: Cannot read timeouts.dial: current value is 5; write a duration like 5s, 2m or 5d',
  ],
  [
    'bad duration: zero',
    'timeouts: { dial: 0s }',
    '1:19: Cannot read timeouts.dial: current value is "0s"; write a duration from 1ms to 24d',
  ],
  [
    'bad duration: beyond the timers',
    'timeouts: { idle: 25d }',
    '1:19: Cannot read timeouts.idle: current value is "25d"; write a duration from 1ms to 24d',
  ],
  [
    'bad duration: sooner than ten probes',
    'timeouts: { keepAlive: 5s }',
    '1:24: Cannot read timeouts.keepAlive: current value is "5s"; write a duration from 11s to 9h',
  ],
  [
    'bad CIDR: host bits',
    'gateway: { subnet: 10.0.0.7/24 }',
    '1:20: Cannot read gateway.subnet: current value is "10.0.0.7/24"; it is no network; did you mean 10.0.0.0/24?',
  ],
  [
    'bad CIDR: IPv6',
    'gateway: { subnet: "fd00::/64" }',
    '1:20: Cannot read gateway.subnet: current value is "fd00::/64"; write auto, metadata or an IPv4 network like ' +
      '192.168.20.0/24',
  ],
  [
    'bad port: too high',
    'gateway: { services: { ssh: { base: 1, port: 65536 } } }',
    '1:46: Cannot read gateway.services.ssh.port: current value is 65536; write a port from 1 to 65535',
  ],
  [
    'bad port: no number',
    'gateway: { services: { ssh: { base: x, port: 1 } } }',
    '1:37: Cannot read gateway.services.ssh.base: current value is "x"; write a port from 1 to 65535',
  ],
  [
    'bad host range: backwards',
    'gateway: { hosts: 9-3 }',
    '1:19: Cannot read gateway.hosts: current value is "9-3"; write host numbers like 1-254 or 1-20,30',
  ],
  [
    'bad host range: in a list',
    'gateway: { hosts: [1, x] }',
    '1:23: Cannot read gateway.hosts[1]: current value is "x"; write host numbers like 1-254 or 1-20,30',
  ],
  [
    'bad host range: a mapping',
    'gateway: { hosts: { a: 1 } }',
    '1:12: Cannot read gateway.hosts: current value is a mapping; write host numbers like 1-254 or 1-20,30',
  ],
  [
    'bad skip',
    'gateway: { skip: [1.5] }',
    '1:19: Cannot read gateway.skip[0]: current value is 1.5; write host numbers, ranges or IPv4 addresses, like ' +
      '17, 100-110 or 192.168.20.17',
  ],
  [
    'bad address',
    'bind: [0.0.0.0, localhost]',
    '1:17: Cannot read bind[1]: current value is "localhost"; write an IP address, like 0.0.0.0 or "::"',
  ],
  [
    'no address at all',
    'bind: []',
    '1:1: Cannot read bind: current value is []; write a list of IP addresses, like ["0.0.0.0", "::"]',
  ],
  ['bad engine', 'engine: zip', '1:9: Cannot read engine: current value is "zip"; write auto, splice or stream'],
  [
    'bad log level',
    'log: { level: loud }',
    '1:15: Cannot read log.level: current value is "loud"; write one of trace, debug, info, warn, error, fatal and ' +
      'silent',
  ],
  [
    'bad limit',
    'limits: { sessions: 0 }',
    '1:21: Cannot read limits.sessions: current value is 0; write auto or a whole number from 1 up',
  ],
  [
    'bad service name',
    'gateway: { services: { 9p: { base: 1, port: 2 } } }',
    '1:24: Cannot use "9p" in gateway.services: write a service name of up to 32 letters, digits, - and _ that ' +
      'starts with a letter',
  ],
  [
    'listen by name',
    'forwards: [{ listen: "gate.internal:80", to: "a:1" }]',
    '1:22: Cannot read forwards[0].listen: current value is "gate.internal:80"; write an IP address of this machine ' +
      'instead of the name gate.internal, or the port 80 alone',
  ],
  [
    'bad target',
    'forwards: [{ listen: 1, to: 10.0.0.256:80 }]',
    '1:29: Cannot read forwards[0].to: current value is "10.0.0.256:80"; write a host and a port, like ' +
      '10.0.0.5:80, "[fd00::5]:80" or web.internal:80',
  ],
  [
    'duplicate key',
    'engine: auto\nengine: stream',
    '2:1: Cannot use engine twice: it stands further up already; leave one of them out',
  ],
  [
    'duplicate service',
    'gateway:\n  services:\n    a: { base: 1, port: 2 }\n    a: { base: 3, port: 2 }',
    '4:5: Cannot use a twice: it stands further up already; leave one of them out',
  ],
  [
    'a list instead of a mapping',
    '- gateway',
    '1:1: Cannot read floatgate.yaml: it holds a list; write keys like gateway: or forwards:',
  ],
  ['an alias to nothing', 'engine: *x', '1:9: Cannot use *x: there is no anchor &x before it; write the value out'],
  [
    'a list that holds itself',
    'bind: &a [*a]',
    '1:1: Cannot read floatgate.yaml: an anchor holds itself; write the values out',
  ],
  ['a key that is a list', '[a, b]: 4', '1:1: Cannot use key "[ a, b ]": there is no such key; known keys are '],
  [
    'a name that means something else in JavaScript',
    'gateway: { services: { __proto__: { base: 1, port: 2 }, ssh: { base: 1, port: 2 } } }',
    '1:24: Cannot use "__proto__" in gateway.services: write a service name of up to 32 letters',
  ],
  ['a syntax error', 'gateway: { subnet: auto', 'Cannot parse this YAML: '],
])('%s', (_, yaml, expected) => {
  test(yaml, () => {
    expect(problemOf(yaml)).toContain(expected);
  });
});

test('all problems of all sources are shown at once, the file first, from top to bottom', () => {
  const problems = problemsOf({
    yaml: 'timeouts: { dial: x }\nengine: y\nlog: { level: z }\nlog: { level: z }\n',
    environment: { FLOATGATE_SUBNET: 'nowhere' },
    flags: { sessions: 'many', service: ['ssh', 'a=1:2', 'a=3:4'], engine: ['auto', 'stream'] },
    forwards: ['8080', 'x=10.0.0.1:80', '81=a:1,b'],
  });
  expect(problems.map((problem) => problem.split(': Cannot')[0])).toEqual([
    'floatgate.yaml:1:19',
    'floatgate.yaml:2:9',
    'floatgate.yaml:3:15',
    'floatgate.yaml:4:1',
    '--service',
    '--service a=3:4',
    '--engine',
    '8080',
    'FLOATGATE_SUBNET',
    'x=10.0.0.1:80',
    '81=a:1,b',
    '--sessions',
  ]);
});

test('many wrong items of one text are one problem', () => {
  expect(problemOf(`gateway: { hosts: "${'x,'.repeat(150_000)}x" }`)).toContain('1:19: Cannot read gateway.hosts: ');
});

test('keys given twice in one line have a problem each', () => {
  const yaml = 'forwards: [{ listen: 80, listen: 81, to: "a:1", to: "b:1" }]';
  expect(problemsOf({ yaml }).map((problem) => problem.split(': it stands')[0])).toEqual([
    'floatgate.yaml:1:26: Cannot use listen twice',
    'floatgate.yaml:1:49: Cannot use to twice',
  ]);
});

test('each alias to nothing is a problem', () => {
  expect(problemsOf({ yaml: 'engine: *x\nbind: [*y]' }).map((problem) => problem.split(' Cannot')[0])).toEqual([
    'floatgate.yaml:1:9:',
    'floatgate.yaml:2:8:',
  ]);
});

test('a problem of a forward as typed does not depend on the others', () => {
  expect(
    problemsOf({ forwards: ['8080=a:1', '8081', 'x=b:1'] }).map((problem) => problem.split(': current')[0]),
  ).toEqual(['8081: Cannot read a forward', 'x=b:1: Cannot read LISTEN']);
});

test('a value that a flag replaces must be right all the same', () => {
  expect(problemsOf({ yaml: 'timeouts: { dial: x }', flags: { 'dial-timeout': '1s' } })).toHaveLength(1);
});
