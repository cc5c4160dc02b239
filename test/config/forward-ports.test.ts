import { describe, expect, test } from 'vitest';
import { load, problemsOf } from './load.ts';

const listens = (...forwards: string[]) =>
  load({ command: 'forward', forwards }).config.forwards.map(({ listen }) => listen);

describe('where a forward listens', () => {
  test('all addresses, as a port, with a colon or with a star before it', () => {
    expect(listens('8080=a:80', ':8081=a:80', '*:8082=a:80')).toEqual(
      [8080, 8081, 8082].map((port) => ({ text: String(port), port })),
    );
  });

  test('localhost', () => {
    expect(listens('localhost:8080=a:80')).toEqual([{ text: 'localhost:8080', address: 'localhost', port: 8080 }]);
  });

  test('a range of ports', () => {
    expect(listens('8000-8010=a:8000-8010', '[::1]:8100-8101=a:80', '8200-8200=a:80')).toEqual([
      { text: '8000-8010', port: 8000, lastPort: 8010 },
      { text: '[::1]:8100-8101', address: '::1', port: 8100, lastPort: 8101 },
      { text: '8200-8200', port: 8200 },
    ]);
  });
});

test('a range leads to a range, or to one port, in YAML as well', () => {
  const { config } = load({
    yaml: 'forwards: [{ listen: 8000-8010, to: ["10.0.0.5:9000-9010", { target: "10.0.0.6:80", weight: 2 }] }]',
  });
  expect(config.forwards[0]?.to).toMatchObject([
    { address: '10.0.0.5', port: 9000, lastPort: 9010 },
    { address: '10.0.0.6', port: 80 },
  ]);
});

test.each([
  [
    '8000-8010=a:80-85',
    'current value is "a:80-85"; it has 6 ports for the 11 of 8000-8010; write 80-90, or one port for all of them',
  ],
  ['8080=a:80-90', 'current value is "a:80-90"; 8080 is one port and cannot lead to 11; write one, like 80'],
  ['8010-8000=a:80', 'current value is "8010-8000"; the range runs backwards: write 8000-8010'],
  ['1-5000=a:80', 'current value is "1-5000"; it has 5,000 ports; write a range of at most 4,096'],
  ['65530-65540=a:80', 'current value is "65530-65540"; there is no port 65540: write one from 1 to 65535'],
  ['99999=a:80', 'current value is "99999"; there is no port 99999: write one from 1 to 65535'],
  ['0=a:80', 'current value is "0"; there is no port 0: write one from 1 to 65535'],
  ['8080=a:99999', 'current value is "a:99999"; there is no port 99999: write one from 1 to 65535'],
  ['8080=[fd00::5]:99999', 'current value is "[fd00::5]:99999"; there is no port 99999: write one from 1 to 65535'],
  ['08080=a:80', 'current value is "08080"; leave the leading zero out: write 8080'],
  ['8080=10.0.0.5', 'current value is "10.0.0.5"; it has no port: write 10.0.0.5:80 for its port 80'],
  ['8080=fd00::5', 'current value is "fd00::5"; it has no port: write "[fd00::5]:80" for its port 80'],
  ['8080=http://a', 'current value is "http://a"; a target is a host and a port, not a URL: write a:80'],
  ['8080=https://[fd00::5]:8443/x', 'a target is a host and a port, not a URL: write [fd00::5]:8443'],
  ['gate:8080=a:80', 'write an IP address of this machine instead of the name gate, or the port 8080 alone'],
  ['8-9-10=a:80', 'write a port, or an IP address and a port, like 8080'],
])('%s: what is wrong, and what to write', (rule, expected) => {
  const problems = problemsOf({ command: 'forward', forwards: [rule] });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
  expect(problems[0]).toMatch(/^\S+: Cannot read (LISTEN|TARGET): /);
});

test('a range of a list that does not fit is named in its place', () => {
  const yaml = 'forwards:\n  - listen: 8000-8002\n    to: [a:1-3, b:1-4]\n';
  expect(problemsOf({ yaml })).toEqual([
    expect.stringMatching(
      /^floatgate\.yaml:3:17: Cannot read forwards\[0\]\.to\[1\]: current value is "b:1-4"; it has 4 /,
    ),
  ]);
});
