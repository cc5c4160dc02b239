import { expect, test } from 'vitest';
import { parseNetwork } from '../../src/config/networks.ts';
import { parseRate } from '../../src/config/numbers.ts';

test.each([
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['255.255.255.255/32', '255.255.255.255/32'],
  ['::/0', '::/0'],
  ['FD00:0:0::/8', 'fd00::/8'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['2001:db8:0:8000::/49', '2001:db8:0:8000::/49'],
  ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
])('%s is the network %s', (text, network) => {
  expect(parseNetwork(text)).toEqual({ ok: true, network });
});

test.each([
  ['10.0.0.7/8', '10.0.0.0/8'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['192.0.2.7/0', '0.0.0.0/0'],
  ['fd00::1/8', 'fd00::/8'],
  ['2001:db8::1/127', '2001:db8::/127'],
  ['::ffff:10.0.0.7/104', '10.0.0.0/8'],
])('%s has host bits: %s is proposed', (text, proposal) => {
  expect(parseNetwork(text)).toEqual({ ok: false, proposal });
});

test.each([
  '',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/',
  '10.0.0/8',
  '010.0.0.0/8',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  '::/129',
  '::ffff:0:0/95',
  'fe80::1%eth0',
  'fe80::%eth0/10',
  'example.org',
  'all',
])('%j is no network', (text) => {
  expect(parseNetwork(text)).toEqual({ ok: false });
});

test.each([
  ['20/m', { sessions: 20, per: 60_000 }],
  ['1/s', { sessions: 1, per: 1000 }],
  ['100/h', { sessions: 100, per: 3_600_000 }],
  ['10/30s', { sessions: 10, per: 30_000 }],
])('%s is a rate', (text, expected) => {
  expect(parseRate(text)).toEqual(expected);
});

test.each(['', '20', '0/m', '20/', '/m', '20/d', '20/0s', '-1/s', '1.5/s', '20/ m', '20/m '])(
  '%j is no rate',
  (text) => {
    expect(parseRate(text)).toBeUndefined();
  },
);
