import { describe, expect, test } from 'vitest';
import * as planning from './planning.ts';

const descriptors = (limit: number, open = 24) => ({ descriptors: { limit, open, source: 'proc' as const } });

/** Without the control socket, which holds descriptors of its own. */
const quiet = ({ flags, ...more }: planning.Planning = {}) => ({ ...more, flags: { control: 'off', ...flags } });
const plan = (from?: planning.Planning) => planning.plan(quiet(from));
const planProblems = (from: planning.Planning) => planning.planProblems(quiet(from));

test('the control socket holds one descriptor, and one for each connection', () => {
  const { limits } = planning.plan();
  expect(limits.sessions).toBe(9310);
  expect(limits.explanation).toContain(' - 762 listeners - 17 for the control socket - 512 waiting room - ');
  expect(planning.plan({ yaml: 'control: { socket: ./x.sock }' }).limits).toEqual(limits);
  expect(plan().limits.explanation).not.toContain('control');
  const few = { facts: descriptors(80), flags: { hosts: '1' } };
  expect(plan(few).limits.sessions).toBe(6);
  expect(planning.planProblems(few)).toHaveLength(1);
});

describe('auto', () => {
  test('the tutorial at 20,000 descriptors', () => {
    expect(plan().limits).toEqual({
      sessions: 9319,
      perListener: 4659,
      perSource: {
        sessions: 1164,
        ipv4Prefix: 32,
        ipv6Prefix: 64,
        ipv6Network: { sessions: 4656, prefix: 48 },
      },
      waitingRoom: 512,
      pipes: 0,
      memory: 2 ** 30,
      healthChecks: 0,
      possibleLoops: 64,
      explanation:
        '9,319 sessions: (20,000 descriptors - 24 open - 762 listeners - 512 waiting room - 64 reserve) / 2; ' +
        'memory carries 32,085',
    });
  });

  test('the tutorial at 1,024 descriptors still serves', () => {
    expect(plan({ facts: descriptors(1024) }).limits).toEqual({
      sessions: 99,
      perListener: 49,
      perSource: {
        sessions: 64,
        ipv4Prefix: 32,
        ipv6Prefix: 64,
        ipv6Network: { sessions: 99, prefix: 48 },
      },
      waitingRoom: 16,
      pipes: 0,
      memory: 2 ** 30,
      healthChecks: 0,
      possibleLoops: 64,
      explanation:
        '99 sessions: (1,024 descriptors - 24 open - 762 listeners - 16 waiting room - 24 reserve) / 2; memory ' +
        'carries 32,085',
    });
  });

  test('one listener has all sessions', () => {
    const { limits } = plan({ command: 'forward', forwards: ['8080=a:80'], facts: descriptors(1024) });
    expect(limits.perListener).toBe(limits.sessions);
    expect(limits.explanation).toContain('- 1 listener -');
  });

  test('splice leaves new clients to the kernel, and takes a few descriptors for pipes', () => {
    const splice = { usable: true } as const;
    expect(plan({ facts: { splice } }).limits).toMatchObject({
      sessions: 9543,
      waitingRoom: 0,
      pipes: 32,
      explanation:
        '9,543 sessions: (20,000 descriptors - 24 open - 762 listeners - 64 for pipes - 64 reserve) / 2; memory ' +
        'carries 32,085',
    });
    expect(plan({ facts: { splice, ...descriptors(1024) } }).limits).toMatchObject({ sessions: 103, pipes: 4 });
  });

  test.each([830, 900, 1024, 1100, 4096, 20_000, 1_048_576])('%i descriptors are never overdrawn', (limit) => {
    const { sessions, waitingRoom, perListener } = plan({ facts: descriptors(limit) }).limits;
    expect(24 + 762 + waitingRoom + 24 + 2 * sessions).toBeLessThanOrEqual(limit);
    expect(sessions).toBeGreaterThanOrEqual(1);
    expect(perListener).toBeGreaterThanOrEqual(1);
  });

  test('more descriptors never mean fewer sessions', () => {
    let before = 0;
    for (let limit = 100; limit < 20_000; limit += 97) {
      const { sessions } = plan({ facts: descriptors(limit), flags: { hosts: '1' } }).limits;
      expect(sessions).toBeGreaterThanOrEqual(before);
      before = sessions;
    }
  });

  test('active health checks take their sockets out of the budget', () => {
    const yaml = 'forwards: [{ listen: 8080, to: "10.0.0.5:80", health: {} }]';
    expect(plan({ yaml, facts: descriptors(1024) }).limits).toMatchObject({
      sessions: 445,
      explanation:
        '445 sessions: (1,024 descriptors - 24 open - 1 listener - 31 waiting room - 16 for health checks - 62 ' +
        'reserve) / 2; memory carries 32,085',
    });
    const without = plan({ yaml: yaml.replace(', health: {}', ''), facts: descriptors(1024) }).limits;
    expect(without.sessions).toBe(445 + 8);
  });

  test.each([
    ['a:80, b:80, a:81, 10.0.0.5:80, "[fd00::5]:80"', 2],
    [Array.from({ length: 40 }, (_, nth) => `a${nth}.test:80`).join(), 33],
  ])('lookups of names take their sockets out of the budget: %s', (targets, lookups) => {
    const yaml = `forwards: [{ listen: 8080, to: [${targets}] }]`;
    expect(plan({ yaml, facts: descriptors(1024) }).limits).toMatchObject({
      sessions: Math.floor((1024 - 24 - 1 - 31 - 62 - lookups) / 2),
      explanation: expect.stringContaining(` - ${lookups} for lookups - 62 reserve`),
    });
  });

  test.each([
    [20_000, 254, 381],
    [20_000, 10, 16],
    [1024, 254, 16],
    [5000, 254, 263],
    [830, 1, 16],
  ])('%i descriptors and %i hosts with three checked services: %i checks at once', (limit, hosts, expected) => {
    const service = (port: number): string => `{ base: ${port}000, port: ${port}, health: {} }`;
    const services = [30, 31, 32].map((port) => `s${port}: ${service(port)}`).join(', ');
    const yaml = `gateway: { hosts: 1-${hosts}, services: { ${services} } }`;
    const { healthChecks, sessions, waitingRoom, explanation } = plan({ yaml, facts: descriptors(limit) }).limits;
    expect(healthChecks).toBe(expected);
    expect(explanation).toContain(` - ${expected} for health checks - `);
    expect(24 + 3 * hosts + waitingRoom + expected + 24 + 2 * sessions).toBeLessThanOrEqual(limit);
  });

  test('a pool is checked once, however many addresses it is reached by', () => {
    const yaml = 'bind: [192.168.20.17, 127.0.0.1]\nforwards: [{ listen: 8080, to: [TARGETS], health: {} }]';
    const targets = Array.from({ length: 60 }, (_, nth) => `10.0.0.${nth + 1}:80`).join(', ');
    expect(plan({ yaml: yaml.replace('TARGETS', targets) }).limits.healthChecks).toBe(30);
  });

  test('too few descriptors for a single session are a problem', () => {
    expect(planProblems({ facts: descriptors(827) })).toEqual([
      'Cannot serve 762 listeners: 827 descriptors leave no room for a session; raise the limit (ulimit -Hn 2000, ' +
        'as root) or serve fewer hosts',
    ]);
    expect(plan({ facts: descriptors(828) }).limits.sessions).toBe(1);
    expect(planProblems({ facts: descriptors(100) })).toHaveLength(1);
  });
});

describe('configured', () => {
  test('is taken, and explained', () => {
    expect(plan({ flags: { sessions: '500', 'per-listener': '400' } }).limits).toEqual({
      sessions: 500,
      perListener: 400,
      perSource: {
        sessions: 64,
        ipv4Prefix: 32,
        ipv6Prefix: 64,
        ipv6Network: { sessions: 256, prefix: 48 },
      },
      waitingRoom: 512,
      pipes: 0,
      memory: 2 ** 30,
      healthChecks: 0,
      possibleLoops: 64,
      explanation:
        '500 sessions as configured, of 9,319 that fit: (20,000 descriptors - 24 open - 762 listeners - 512 ' +
        'waiting room - 64 reserve) / 2',
    });
    expect(plan({ flags: { sessions: '500' } }).limits.perListener).toBe(250);
    expect(plan({ flags: { sessions: '1' } }).limits.perListener).toBe(1);
    expect(plan({ flags: { sessions: '9319' } }).limits.sessions).toBe(9319);
  });

  test('more sessions than fit are a problem that names how many do', () => {
    expect(planProblems({ flags: { sessions: '9320' } })).toEqual([
      '--sessions: Cannot allow 9,320 sessions: 9,319 fit into 20,000 descriptors beside 762 listeners; write 9319 ' +
        'or less, or raise the limit (ulimit -Hn 21000, as root)',
    ]);
  });

  test('more through one listener than through all is a problem', () => {
    expect(planProblems({ flags: { sessions: '10', 'per-listener': '11' } })).toEqual([
      '--per-listener: Cannot allow 11 sessions per listener: all listeners together have 10; write 10 or less',
    ]);
  });
});
