import { describe, expect, test } from 'vitest';
import { hostOf } from '../../src/base/host.ts';
import { environmentName, settings } from '../../src/config/settings.ts';
import { load, problemsOf, temporaryFile } from './load.ts';

const target = (host: string, port: number) => ({ ...hostOf(host), port, weight: 1, backup: false });

describe('defaults', () => {
  test('without anything, the gateway on the own subnet is served', () => {
    expect(load().config).toEqual({
      gateway: {
        subnet: 'auto',
        skip: [],
        services: {
          ssh: { base: 30_000, port: 22 },
          http: { base: 31_000, port: 80 },
          https: { base: 32_000, port: 443 },
        },
      },
      forwards: [],
      bind: ['0.0.0.0', '::'],
      public: [],
      engine: 'auto',
      access: { allow: ['0.0.0.0/0', '::/0'], deny: [] },
      limits: {
        sessions: 'auto',
        memory: 'auto',
        perListener: 'auto',
        possibleLoops: 64,
        perSource: { sessions: 'auto', ipv4Prefix: 32, ipv6Prefix: 64 },
      },
      timeouts: {
        dial: 5000,
        idle: 432_000_000,
        halfClosed: 120_000,
        keepAlive: 120_000,
        proxyHeader: 3000,
        metadata: 300_000,
        network: 0,
      },
      proxyProtocol: 'off',
      dialFrom: [],
      acceptProxy: { from: [] },
      names: { stale: 3_600_000 },
      drain: { grace: 0, until: 'deadline' },
      control: { socket: 'auto' },
      log: { level: 'info', format: 'auto', quiet: false },
    });
  });

  test('are frozen, all the way down', () => {
    const check = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(check);
    };
    check(load({ yaml: 'forwards: [{ listen: 8080, to: a:1, health: {} }]' }).config);
  });

  test('with forwards alone, only those are served', () => {
    const { config } = load({ yaml: 'forwards: [{ listen: 8080, to: 10.0.0.5:80 }]' });
    expect(config.gateway).toBeUndefined();
    expect(config.forwards).toEqual([
      { listen: { text: '8080', port: 8080 }, to: [target('10.0.0.5', 80)], balance: 'roundrobin' },
    ]);
  });

  test('with both, both are served', () => {
    const { config } = load({ yaml: 'gateway: { hosts: 1-3 }\nforwards: [{ listen: 8080, to: "a:80" }]' });
    expect(config.gateway?.hosts).toEqual([{ from: 1, to: 3 }]);
    expect(config.forwards).toHaveLength(1);
  });

  test.each(['', '# nothing\n', '{}', 'forwards: []', '\uFEFF', '---\n'])('%j is an empty configuration', (yaml) => {
    expect(load({ yaml }).config).toEqual(load().config);
  });
});

describe('layers', () => {
  const yaml = `
gateway: { subnet: 10.0.0.0/24, services: { web: { base: 20000, port: 80 } } }
timeouts: { dial: 1s, idle: 1h }
bind: [127.0.0.1]
`;

  test('flags win over the environment, and that over the file; mappings merge', () => {
    const { config } = load({
      yaml,
      environment: { FLOATGATE_DIAL_TIMEOUT: '2s', FLOATGATE_IDLE_TIMEOUT: '2h' },
      flags: { 'dial-timeout': '3s' },
    });
    expect(config.timeouts).toMatchObject({ dial: 3000, idle: 7_200_000, halfClosed: 120_000 });
    expect(config.gateway?.subnet).toBe('10.0.0.0/24');
  });

  test('services and bind replace what is below them whole', () => {
    const { config } = load({ yaml, flags: { service: ['ssh=30000:22', 'db=33000:5432'], bind: '::1,127.0.0.2' } });
    expect(config.gateway?.services).toEqual({ ssh: { base: 30_000, port: 22 }, db: { base: 33_000, port: 5432 } });
    expect(config.gateway?.subnet).toBe('10.0.0.0/24');
    expect(config.bind).toEqual(['::1', '127.0.0.2']);
  });

  test('services of the file replace the default ones', () => {
    expect(Object.keys(load({ yaml }).config.gateway?.services ?? {})).toEqual(['web']);
  });

  test('positional forwards replace those of the file', () => {
    const { config } = load({ yaml: 'forwards: [{ listen: 1, to: "a:1" }]', forwards: ['[::1]:8080=[fd00::5]:80'] });
    expect(config.forwards).toEqual([
      {
        listen: { text: '[::1]:8080', address: '::1', port: 8080 },
        to: [target('fd00::5', 80)],
        balance: 'roundrobin',
      },
    ]);
  });

  test('the command forward serves its forwards only, with all other settings of the file', () => {
    const { config } = load({ command: 'forward', yaml, forwards: ['8080=10.0.0.5:80', '127.0.0.1:22=db:22'] });
    expect(config.gateway).toBeUndefined();
    expect(config.forwards.map(({ listen }) => listen.text)).toEqual(['8080', '127.0.0.1:22']);
    expect(config.timeouts.dial).toBe(1000);
    expect(config.bind).toEqual(['127.0.0.1']);
  });

  test('the environment splits lists on commas, and an empty variable counts as not set', () => {
    const { config } = load({
      environment: {
        FLOATGATE_SERVICE: 'a=1000:1, b=2000:2',
        FLOATGATE_HOSTS: '1-20,30',
        FLOATGATE_SKIP: '17,192.168.20.9',
        FLOATGATE_SUBNET: '',
      },
    });
    expect(config.gateway).toEqual({
      subnet: 'auto',
      hosts: [
        { from: 1, to: 20 },
        { from: 30, to: 30 },
      ],
      skip: [{ from: 17, to: 17 }, { address: '192.168.20.9' }],
      services: { a: { base: 1000, port: 1 }, b: { base: 2000, port: 2 } },
    });
  });

  test('an empty list on the command line clears a list of the file', () => {
    expect(load({ yaml: 'gateway: { skip: [17] }', flags: { skip: '' } }).config.gateway?.skip).toEqual([]);
  });

  const samples: Record<string, string> = {
    subnet: '10.0.0.0/24',
    hosts: '1-9',
    skip: '3',
    service: 'ssh=30000:22',
    bind: '127.0.0.1',
    'public-address': '203.0.113.7,2001:db8::7',
    'possible-loops': 'unlimited',
    engine: 'stream',
    sessions: '50',
    memory: '256MiB',
    'per-listener': '5',
    'per-source-sessions': '64',
    'dial-from': '127.0.0.1,::1',
    'per-source-rate': '20/m',
    'per-source-burst': '40',
    'per-target': '500',
    allow: '10.0.0.0/8,fd00::/8',
    deny: '10.0.0.5',
    'proxy-protocol': 'v2',
    'accept-proxy': '10.0.0.7',
    'drain-until': 'empty',
    control: '/run/x.sock',
    instance: 'web-1',
    'log-level': 'debug',
    'log-file': 'gate.log',
    'log-format': 'json',
    'log-quiet': 'yes',
  };

  test.each(settings.map((setting) => [setting.flag, setting] as const))(
    '--%s and its variable do the same',
    (flag, setting) => {
      const text = samples[flag] ?? '42s';
      // A burst needs a rate, which the file may give.
      const yaml = flag === 'per-source-burst' ? 'limits: { perSource: { rate: 5/s } }' : '{}';
      const byFlag = load({ yaml, flags: { [flag]: text } });
      const byVariable = load({ yaml, environment: { [environmentName(flag)]: text } });
      expect(byFlag.config).toEqual(byVariable.config);
      expect(byFlag.config).not.toEqual(load({ yaml }).config);
      expect(byFlag.place(setting.path)).toEqual({ kind: 'flag', name: `--${flag}` });
      expect(byVariable.place(setting.path)).toEqual({ kind: 'environment', name: environmentName(flag) });
    },
  );
});

test.each([
  ['true', true],
  ['YES', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
])('--log-quiet %s is %s', (text, quiet) => {
  expect(load({ yaml: `log: { quiet: ${!quiet} }`, flags: { 'log-quiet': text } }).config.log.quiet).toBe(quiet);
});

describe('the file', () => {
  test('is named by FLOATGATE_CONFIG, too, and --config wins', () => {
    const low = temporaryFile('engine: stream\ntimeouts: { dial: 9s }');
    expect(load({ environment: { FLOATGATE_CONFIG: low } }).config.timeouts.dial).toBe(9000);
    expect(load({ environment: { FLOATGATE_CONFIG: low }, yaml: '{}' }).config.timeouts.dial).toBe(5000);
  });

  test('that is not there is a problem of whatever named it', () => {
    expect(problemsOf({ file: 'no/such.yaml' })).toEqual([
      '--config: Cannot read floatgate.yaml: there is no such file; check the path',
    ]);
    expect(problemsOf({ environment: { FLOATGATE_CONFIG: 'no/such.yaml' } })).toEqual([
      'FLOATGATE_CONFIG: Cannot read no/such.yaml: there is no such file; check the path',
    ]);
  });

  test('that is a directory is a problem', () => {
    expect(problemsOf({ file: '.' })[0]).toMatch(/it is a directory; name a file in it$/);
  });

  test('may be JSON, and may use anchors', () => {
    expect(load({ yaml: '{"engine":"stream"}' }).config.engine).toBe('stream');
    const { config, place } = load({ yaml: 'timeouts: { dial: &t 7s, idle: *t }' });
    expect(config.timeouts.idle).toBe(7000);
    expect(place(['timeouts', 'idle'])).toMatchObject({ line: 1, column: 32 });
  });
});

describe('places', () => {
  test('name the file, line and column of each value', () => {
    const { place } = load({
      yaml: 'gateway:\n  services:\n    ssh: { base: 1000, port: 22 }\n  skip: [1, 17]\n',
      flags: { service: 'web=2000:80' },
      forwards: ['8080=a:80', '8081=b:80'],
    });
    expect(place(['gateway', 'skip', 1])).toMatchObject({
      kind: 'file',
      line: 4,
      column: 13,
      length: 2,
      sourceLine: '  skip: [1, 17]',
    });
    expect(place(['gateway', 'services', 'web', 'base'])).toEqual({ kind: 'flag', name: '--service web=2000:80' });
    expect(place(['forwards', 1, 'to'])).toEqual({ kind: 'flag', name: '8081=b:80' });
    expect(place(['timeouts', 'dial'])).toEqual({ kind: 'default' });
    expect(place(['gateway', 'hosts'])).toEqual({ kind: 'default' });
  });
});
