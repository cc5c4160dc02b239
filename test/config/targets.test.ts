import { describe, expect, test } from 'vitest';
import { hostText } from '../../src/base/host.ts';
import { load, problemsOf } from './load.ts';

const forward = (rest: string) => `forwards: [{ listen: 1, ${rest} }]`;

describe('to', () => {
  const a = { name: 'a', port: 1, weight: 1, backup: false };
  const address = { address: 'fd00::5', weight: 1, backup: false };

  test.each([
    ['a:1', [a]],
    ['[a:1]', [a]],
    ['{ target: a:1 }', [a]],
    ['[a:1, "[FD00::5]:2"]', [a, { ...address, port: 2 }]],
    ['[a:1, a:2]', [a, { ...a, port: 2 }]],
    [
      '[{ target: a:1, weight: 1000, proxyProtocol: off }, { target: b:1, backup: true }]',
      [
        { ...a, weight: 1000, proxyProtocol: 'off' },
        { ...a, name: 'b', backup: true },
      ],
    ],
  ])('%s', (text, expected) => {
    expect(load({ yaml: forward(`to: ${text}`) }).config.forwards[0]?.to).toEqual(expected);
  });

  test('several on the command line', () => {
    const [first] = load({ command: 'forward', forwards: ['8080=a:1, b:2,[fd00::5]:3'] }).config.forwards;
    expect(first?.to.map((target) => `${hostText(target)} ${target.port}`)).toEqual(['a 1', 'b 2', 'fd00::5 3']);
  });

  test.each([
    ['[]', '1:25: Cannot read forwards[0].to: current value is []; write a host and a port, like 10.0.0.5:80'],
    ['5', '1:29: Cannot read forwards[0].to: current value is 5; write a host and a port, like 10.0.0.5:80'],
    ['[[a:1]]', '1:30: Cannot read forwards[0].to[0]: current value is ["a:1"]; write a host and a port'],
    [
      '[a:1, x]',
      '1:35: Cannot read forwards[0].to[1]: current value is "x"; it has no port: write x:80 for its port 80',
    ],
    [
      '"a:1,b:1"',
      '1:29: Cannot read forwards[0].to: current value is "a:1,b:1"; write several targets as a list, like ' +
        '[10.0.0.5:80, 10.0.0.6:80]',
    ],
    ['[{ weight: 5 }]', '1:30: Cannot read forwards[0].to[0]: "target" is missing; write a host and a port'],
    [
      '[{ target: a }]',
      '1:40: Cannot read forwards[0].to[0].target: current value is "a"; it has no port: write a:80 for its port 80',
    ],
    [
      '[{ target: a:1, wieght: 2 }]',
      '1:45: Cannot use key "wieght" in forwards[0].to[0]: there is no such key; did you mean weight?',
    ],
    [
      '{ target: a:1, wieght: 2 }',
      '1:44: Cannot use key "wieght" in forwards[0].to: there is no such key; did you mean weight?',
    ],
    [
      '{ target: a:1, weight: 1001 }',
      '1:52: Cannot read forwards[0].to.weight: current value is 1001; write a whole number from 1 to 1000',
    ],
    ['{ target: a:1, backup: 1 }', '1:52: Cannot read forwards[0].to.backup: current value is 1; write true or false'],
    [
      '[a:1, A.:1]',
      '1:35: Cannot read forwards[0].to[1]: current value is "A.:1"; it is in the list already; leave one of them ' +
        'out, or give it a weight',
    ],
    [
      '["[::1]:1", { target: "[0::1]:1" }]',
      '1:41: Cannot read forwards[0].to[1]: current value is a mapping; it is in the list already',
    ],
    [
      '{ target: a:1, backup: true }',
      '1:25: Cannot read forwards[0].to: current value is a mapping; every target is a backup; leave backup out of one',
    ],
  ])('%s: a problem in its place', (text, expected) => {
    const problems = problemsOf({ yaml: forward(`to: ${text}`) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`floatgate.yaml:${expected}`);
  });
});

describe('health', () => {
  test('is off when left out, and on with its defaults when empty', () => {
    expect(load({ yaml: forward('to: a:1') }).config.forwards[0]).not.toHaveProperty('health');
    expect(load({ yaml: forward('to: a:1, health: {}') }).config.forwards[0]?.health).toEqual({
      interval: 5000,
      rise: 2,
      fall: 3,
    });
  });

  test.each([
    ['{ interval: 99ms }', 'health.interval: current value is "99ms"; write a duration from 100ms to 24d'],
    ['{ rise: 0 }', 'health.rise: current value is 0; write a whole number from 1 up'],
    ['{ fal: 3 }', 'Cannot use key "fal" in forwards[0].health: there is no such key; did you mean fall?'],
    ['true', 'Cannot read forwards[0].health: current value is true; write settings below it, like interval: 5s'],
  ])('%s is a problem', (text, expected) => {
    expect(problemsOf({ yaml: forward(`to: a:1, health: ${text}`) })[0]).toContain(expected);
  });
});

test('balance is one of three', () => {
  for (const balance of ['roundrobin', 'leastconn', 'source']) {
    expect(load({ yaml: forward(`to: a:1, balance: ${balance}`) }).config.forwards[0]?.balance).toBe(balance);
  }
  expect(problemsOf({ yaml: forward('to: a:1, balance: random') })[0]).toContain(
    'current value is "random"; write roundrobin, leastconn or source',
  );
});
