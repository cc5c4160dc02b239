import { expect, test } from 'vitest';
import {
  contains,
  hostAddress,
  hostNumber,
  type Ipv4Subnet,
  lastUsableHost,
  parseSubnet,
  subnetOf,
  subnetSize,
} from '../../src/base/cidr.ts';

function subnet(text: string): Ipv4Subnet {
  const parsed = parseSubnet(text);
  if (!parsed.ok) throw new Error(`no subnet: ${text}`);
  return parsed.subnet;
}

test.each([
  ['192.168.20.0/24', 16, '192.168.20.16'],
  ['192.168.20.0/24', 254, '192.168.20.254'],
  ['10.0.0.0/8', 65_536, '10.1.0.0'],
  ['172.16.8.0/21', 300, '172.16.9.44'],
  ['0.0.0.0/0', 2 ** 32 - 1, '255.255.255.255'],
  ['223.255.255.252/30', 1, '223.255.255.253'],
])('%s: host %i is %s, and back', (text, n, address) => {
  expect(hostAddress(subnet(text), n)).toBe(address);
  expect(hostNumber(subnet(text), address)).toBe(n);
});

test('knows what lies outside', () => {
  const network = subnet('192.168.20.0/24');
  expect(contains(network, '192.168.20.255')).toBe(true);
  expect(contains(network, '192.168.21.0')).toBe(false);
  expect(contains(network, '192.168.19.255')).toBe(false);
});

test.each([
  ['10.0.0.0/24', 254, 256],
  ['10.0.0.0/30', 2, 4],
  ['10.0.0.0/31', 0, 2],
  ['10.0.0.0/32', -1, 1],
])('%s ends with host %i and has %i addresses', (text, last, size) => {
  expect(lastUsableHost(subnet(text))).toBe(last);
  expect(subnetSize(subnet(text))).toBe(size);
});

test.each([
  ['192.168.20.5/24', '192.168.20.0/24'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['192.168.20.17', '192.168.20.0/24'],
])('refuses %s and proposes %s', (text, proposal) => {
  expect(parseSubnet(text)).toEqual({ ok: false, proposal });
});

test.each(['', '10.0.0.0/33', '10.0.0/24', '256.0.0.0/8', '010.0.0.0/8', 'fd00::/64', '10.0.0.0/', '10.0.0.0/2 4'])(
  'refuses %j',
  (text) => {
    expect(parseSubnet(text)).toEqual({ ok: false });
  },
);

test('an address and a prefix give the network', () => {
  expect(subnetOf('192.0.2.77', 26).text).toBe('192.0.2.64/26');
});
