import { expect, it } from 'vitest';
import { DialSources } from '../../src/upstream/dial-sources.ts';

it('takes turns among the addresses of the target family', () => {
  const sources = new DialSources(['10.0.0.1', 'fd00::1', '10.0.0.2', '10.0.0.3']);
  expect([1, 2, 3, 4].map(() => sources.order('192.0.2.1'))).toEqual([
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    ['10.0.0.2', '10.0.0.3', '10.0.0.1'],
    ['10.0.0.3', '10.0.0.1', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  ]);
  expect(sources.order('2001:db8::1')).toEqual(['fd00::1']);
});

it('leaves it to the kernel where there is none of that family', () => {
  expect(new DialSources([]).order('192.0.2.1')).toEqual([undefined]);
  expect(new DialSources(['fd00::1']).order('192.0.2.1')).toEqual([undefined]);
});
