import { expect, it } from 'vitest';
import { localSubnet } from '../../src/cloud/local-subnet.ts';

const own = (address: string, prefix: number) => ({ interface: 'ens3', address, prefix, family: 4 as const });

it('takes the prefix from the interface that holds the address', () => {
  expect(localSubnet('10.1.2.3', [own('10.1.2.30', 24), own('10.1.2.3', 20)])).toEqual({
    subnet: '10.1.0.0/20',
    how: '10.1.0.0/20 is the network of ens3, which holds 10.1.2.3',
  });
});

it('assumes /24, as the tutorial does, where no interface tells', () => {
  expect(localSubnet('10.1.2.3', [own('10.1.2.30', 16)]).subnet).toBe('10.1.2.0/24');
  expect(localSubnet('10.1.2.3', [own('10.1.2.3', 32)])).toEqual({
    subnet: '10.1.2.0/24',
    how: 'ens3 holds 10.1.2.3/32: a /24 network is assumed, 10.1.2.0/24',
  });
});
