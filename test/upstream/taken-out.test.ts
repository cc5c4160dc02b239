import { expect, it } from 'vitest';
import { createPoolTarget } from '../../src/upstream/pool-target.ts';
import { TakenOut } from '../../src/upstream/taken-out.ts';
import { plannedTarget } from '../helpers/planned.ts';

const [host, ssh, http] = ['192.168.20.16', '192.168.20.16:22', '192.168.20.16:80'];
const target = (of: string, port: number) => createPoolTarget(plannedTarget(port, { host: of }));

it.each([
  ['a host', '192.168.20.16', [true, true, false, false]],
  ['a target', '192.168.20.16:22', [true, false, false, false]],
  ['a host whose name begins alike', '192.168.20.1', [false, false, false, false]],
  ['an IPv6 host', '2001:db8::1', [false, false, true, false]],
  ['an IPv6 target', '[2001:db8::1]:22', [false, false, true, false]],
  ['another port', '[2001:db8::1]:80', [false, false, false, false]],
  ['a name', 'db.example', [false, false, false, true]],
] as const)('%s stands for its targets: %s', (_, what, expected) => {
  const outs = new TakenOut();
  const targets = [target(host, 22), target(host, 80), target('2001:db8::1', 22), target('db.example', 5432)];
  expect(targets.map((one) => outs.has(one))).toEqual(targets.map(() => false));
  expect([outs.takeOut(what, 1), outs.takeOut(what, 2)]).toEqual(['out', 'was out']);
  expect(targets.map((one) => outs.has(one))).toEqual(expected);
  expect(outs.list()).toEqual([{ what, since: 1 }]);
  expect([outs.putIn(what), outs.putIn(what), outs.list()]).toEqual(['in', 'was in', []]);
});

it('a host that is taken out or in takes its targets with it, and none of them comes in before it', () => {
  const outs = new TakenOut();
  outs.takeOut(ssh, 1);
  outs.takeOut(http, 2);
  outs.takeOut('192.168.20.160:22', 3);
  expect(outs.takeOut(host, 4)).toBe('out');
  expect(outs.list().map(({ what }) => what)).toEqual(['192.168.20.160:22', host]);
  expect([outs.takeOut(ssh, 5), outs.putIn(ssh)]).toEqual(['was out', 'host is out']);
  expect([outs.putIn(host), outs.has(target(host, 22))]).toEqual(['in', false]);
  outs.takeOut(ssh, 6);
  outs.takeOut(http, 7);
  expect([outs.putIn(host), outs.list()]).toEqual(['in', [{ what: '192.168.20.160:22', since: 3 }]]);
});

it('a host is not taken for a target of a name that an IPv6 address begins with', () => {
  const outs = new TakenOut();
  outs.takeOut('ab::1', 1);
  outs.takeOut('ab', 2);
  expect([outs.list().map(({ what }) => what), outs.putIn('ab::1')]).toEqual([['ab::1', 'ab'], 'in']);
});
