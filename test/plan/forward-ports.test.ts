import { expect, test } from 'vitest';
import { gatewayMachine, plan, planProblems, shown } from './planning.ts';

const forwards = (...rules: string[]) => ({ command: 'forward' as const, forwards: rules });

test('each port of a range leads to the same offset of each target', () => {
  const { listeners, rules } = plan(forwards('127.0.0.1:8000-8002=10.0.0.5:9000-9002,10.0.0.6:80'));
  expect(listeners.map(shown)).toEqual([
    '127.0.0.1:8000 -> 10.0.0.5:9000, 10.0.0.6:80',
    '127.0.0.1:8001 -> 10.0.0.5:9001, 10.0.0.6:80',
    '127.0.0.1:8002 -> 10.0.0.5:9002, 10.0.0.6:80',
  ]);
  expect(new Set(listeners.map(({ pool }) => pool.name)).size).toBe(3);
  expect(Object.keys(rules)).toEqual(['forward 127.0.0.1:8000-8002']);
});

test('a range that overlaps is named once, with a free one', () => {
  const problems = planProblems(forwards('8000-8010=a:80', '8005-8020=a:80', '8020=a:80'));
  expect(problems).toEqual([
    '8005-8020=a:80: Cannot listen on 8005-8020: forward 8000-8010 needs ports 8005 to 8010 too; ' +
      'give the forward other ports, like 8021-8036, or leave one of them out',
    '8020=a:80: Cannot listen on 8020: forward 8005-8020 needs port 8020 too; ' +
      'give the forward another port, like 8037, or leave one of them out',
  ]);
});

test('privileged ports of a range, and a port of it that leads back here, are named once', () => {
  expect(planProblems(forwards('80-90=a:80'))).toEqual([
    '80-90=a:80: Cannot listen on port 80 for forward 80-90: ports below 1024 need a privilege that ' +
      'this process does not have; give the forward other ports, like 1104-1114, ' +
      'or have root run: sysctl -w net.ipv4.ip_unprivileged_port_start=80',
  ]);
  expect(planProblems(forwards('8000-8010=127.0.0.1:8010-8020'))).toEqual([
    '8000-8010=127.0.0.1:8010-8020: Cannot forward 8000-8010 to 127.0.0.1:8010: ' +
      "that is this gateway's own listener (forward 8000-8010); name another target",
  ]);
  expect(planProblems(forwards('8010-8020=127.0.0.1:8000-8010'))).toEqual([
    '8010-8020=127.0.0.1:8000-8010: Cannot forward 8010-8020 to 127.0.0.1:8010: ' +
      "that is this gateway's own listener (forward 8010-8020); name another target",
  ]);
});

test('localhost is both loopback addresses, and that of IPv4 where there is no other', () => {
  const keys = (facts = {}) =>
    plan({ ...forwards('localhost:8080=10.0.0.5:80'), facts }).listeners.map(({ key }) => key);
  expect(keys()).toEqual(['127.0.0.1:8080', '[::1]:8080']);
  const ipv4 = gatewayMachine.addresses.filter(({ family }) => family === 4);
  expect(keys({ addresses: ipv4, ipv6: false })).toEqual(['127.0.0.1:8080']);
});
