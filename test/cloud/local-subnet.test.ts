import { expect, it } from 'vitest';
import { localSubnet } from '../../src/cloud/local-subnet.ts';

const own = (address: string, prefix: number, name = 'ens3') => ({
  interface: name,
  address,
  prefix,
  family: 4 as const,
});

it('takes the prefix from the interface that holds the address', () => {
  expect(localSubnet('10.1.2.3', [own('10.1.2.30', 24), own('10.1.2.3', 20)])).toEqual({
    kind: 'found',
    subnet: '10.1.0.0/20',
    how: '10.1.0.0/20 is the network of ens3, which holds 10.1.2.3',
  });
});

it('assumes /24, as the tutorial does, where the interface that holds it has none', () => {
  expect(localSubnet('10.1.2.3', [own('10.1.2.3', 32)])).toEqual({
    kind: 'found',
    subnet: '10.1.2.0/24',
    how: 'ens3 holds 10.1.2.3/32: a /24 network is assumed, 10.1.2.0/24',
  });
  const twice = [own('10.1.2.3', 32, 'vti0'), own('10.1.2.3', 20)];
  expect(localSubnet('10.1.2.3', twice)).toMatchObject({ subnet: '10.1.0.0/20' });
});

it.each([
  ['8.8.8.8', 'no interface of this machine holds 8.8.8.8'],
  ['10.1.2.4', 'no interface of this machine holds 10.1.2.4'],
  ['127.0.0.1', '127.0.0.1 is a loopback address'],
  ['127.0.20.7', '127.0.20.7 is a loopback address'],
  ['10.9.9.9', 'only the loopback interface holds 10.9.9.9'],
])('%s is no address of this machine', (address, why) => {
  const addresses = [own('127.0.0.1', 8, 'lo'), own('10.9.9.9', 24, 'lo'), own('10.1.2.3', 20)];
  expect(localSubnet(address, addresses)).toEqual({ kind: 'not ours', why });
});
