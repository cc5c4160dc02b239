import { expect, it } from 'vitest';
import { explainFailures } from '../../src/gateway/listener-failure.ts';
import { plannedListener, plannedPool, plannedTarget } from '../helpers/planned.ts';

/** A port that nobody holds: 1 is below all that tests bind. */
const listener = plannedListener(
  { address: '127.0.30.9', port: 1, dualStack: false },
  plannedPool([plannedTarget(22)]),
  {
    kind: 'service',
    name: 'ssh',
    host: 9,
  },
);

it.each([
  [
    'EADDRINUSE',
    "the port is held by another user's process or an outgoing connection; wait a minute or choose another port",
  ],
  ['EACCES', 'this user may not bind it; choose a port from 1024 up'],
  ['EPERM', 'this user may not bind it; choose a port from 1024 up'],
  [
    'EADDRNOTAVAIL',
    'no interface of this machine has that address; name one that is there with --bind, or wait for it with --wait-for-network',
  ],
  ['EMFILE', 'no file descriptor is free; raise the limit (ulimit -n)'],
  ['ENFILE', 'no file descriptor is free; raise the limit (ulimit -n)'],
  ['EAFNOSUPPORT', 'the system says EAFNOSUPPORT'],
])('says what %s means and what to do', (code, what) => {
  expect(explainFailures([{ listener, code }])).toEqual([
    { listener, code, message: `Cannot listen on 127.0.30.9:1 (ssh): ${what}` },
  ]);
});

it('explains each of several, in their order', () => {
  const other = { ...listener, key: '127.0.30.9:2', name: 'http' };
  const failures = explainFailures([
    { listener: other, code: 'EACCES' },
    { listener, code: 'EADDRINUSE' },
  ]);
  expect(failures.map(({ listener: { key }, code }) => [key, code])).toEqual([
    ['127.0.30.9:2', 'EACCES'],
    ['127.0.30.9:1', 'EADDRINUSE'],
  ]);
  expect(explainFailures([])).toEqual([]);
});
