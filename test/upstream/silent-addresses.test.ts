import { expect, it } from 'vitest';
import { SilentAddresses } from '../../src/upstream/silent-addresses.ts';

const all = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const fully = { share: 2_500, fair: 2_500 };

function start() {
  let now = 0;
  const silent = new SilentAddresses(() => now);
  const pass = (time: number): void => {
    now += time;
  };
  return { silent, pass };
}

it('an address that was silent is tried last for a minute, and only at that port', () => {
  const { silent, pass } = start();
  expect(silent.order(all, 22)).toEqual(all);
  silent.dialed('10.0.0.1', 22, 'silent', fully);
  expect(silent.order(all, 22)).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.1']);
  expect(silent.order(all, 80)).toEqual(all);
  expect(silent.order(['10.0.0.1'], 22)).toEqual(['10.0.0.1']);
  pass(59_999);
  expect(silent.order(all, 22)[0]).toBe('10.0.0.2');
});

it('after that, one session tries it, and the others go on to try it last', () => {
  const { silent, pass } = start();
  silent.dialed('10.0.0.1', 22, 'silent', fully);
  pass(60_000);
  expect(silent.order(all, 22)).toEqual(all);
  expect(silent.order(all, 22)[0]).toBe('10.0.0.2');
  silent.dialed('10.0.0.1', 22, 'answered', fully);
  expect(silent.order(all, 22)).toEqual(all);
  expect(silent.order(all, 22)).toEqual(all);
});

it('one that would not be tried first waits for its turn', () => {
  const { silent, pass } = start();
  silent.dialed('10.0.0.2', 22, 'silent', fully);
  pass(60_000);
  expect(silent.order(all, 22)).toEqual(all);
  expect(silent.order(all, 22)).toEqual(all);
  expect(silent.order(['10.0.0.2', '10.0.0.1'], 22)).toEqual(['10.0.0.2', '10.0.0.1']);
  expect(silent.order(['10.0.0.2', '10.0.0.1'], 22)).toEqual(['10.0.0.1', '10.0.0.2']);
});

it('where all are silent, the order is that of the lookup', () => {
  const { silent } = start();
  for (const address of all) silent.dialed(address, 22, 'silent', fully);
  expect(silent.order(all, 22)).toEqual(all);
});

it.each([
  ['a dial that was given up', 'unknown', fully],
  ['one that had less than half of its time', 'silent', { share: 1_249, fair: 2_500 }],
] as const)('%s proves nothing', (_, answer, time) => {
  const { silent } = start();
  silent.dialed('10.0.0.1', 22, answer, time);
  expect(silent.order(all, 22)).toEqual(all);
});

it('remembers 1,024 addresses, and forgets the one that was silent first', () => {
  const { silent } = start();
  for (let port = 1; port <= 1_025; port += 1) silent.dialed('10.0.0.1', port, 'silent', fully);
  expect(silent.order(all, 1)).toEqual(all);
  expect(silent.order(all, 2)[0]).toBe('10.0.0.2');
  expect(silent.order(all, 1_025)[0]).toBe('10.0.0.2');
});
