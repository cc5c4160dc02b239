import { expect, it } from 'vitest';
import { explainFailures, messageOfOne } from '../../src/gateway/listener-failure.ts';
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

const explained = async (code: string) => (await explainFailures([{ listener, code }])).map(({ message }) => message);

/** Listeners of one address, or of several in turn, none of which anybody holds. */
const listeners = (ports: readonly number[], addresses: readonly string[] = ['127.0.30.9']) =>
  ports.flatMap((port) =>
    addresses.map((address) => ({ ...listener, key: `${address}:${port}`, bind: { ...listener.bind, address, port } })),
  );

const failed = (code: string, ...of: readonly (typeof listener)[]) => of.map((one) => ({ listener: one, code }));

it.each([
  ['EADDRINUSE', "held by another user's process or an outgoing connection; wait a minute or choose another port"],
  ['EACCES', 'this user may not bind it; choose another port from 1024 up'],
  ['EPERM', 'this user may not bind it; choose another port from 1024 up'],
  [
    'EADDRNOTAVAIL',
    'no interface of this machine has that address; name one with --bind, or wait for it with --wait-for-network',
  ],
  ['EMFILE', 'no file descriptor is free; raise the limit (ulimit -n)'],
  ['ENFILE', 'no file descriptor is free; raise the limit (ulimit -n)'],
  ['EAFNOSUPPORT', 'the error of the system is EAFNOSUPPORT'],
])('explains %s and what to do about it', async (code, what) => {
  expect(await explained(code)).toEqual([`Cannot listen on 127.0.30.9:1 (ssh): ${what}`]);
});

it('has one line for each cause, in their order', async () => {
  const failures = await explainFailures([
    ...failed('EACCES', ...listeners([80, 81])),
    ...failed('EADDRINUSE', listener),
    ...failed('EACCES', ...listeners([82])),
  ]);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([
    [
      'EACCES',
      'Cannot listen on 3 ports of 127.0.30.9 (80-82): this user may not bind them; choose other ports from 1024 up',
    ],
    ['EADDRINUSE', expect.stringMatching(/^Cannot listen on 127\.0\.30\.9:1 \(ssh\): held by /)],
  ]);
  expect(await explainFailures([])).toEqual([]);
});

it('counts a port once that cannot be bound on several addresses, and shortens the list of ports', async () => {
  const many = [1, 2, 3, 10, 20, 30, 40, 41];
  expect(await explainFailures(failed('EMFILE', ...listeners(many, ['0.0.0.0', '::'])))).toMatchObject([
    { message: expect.stringMatching(/^Cannot listen on 8 ports \(1-3, 10, 20, 30, \.\.\.\): no file descriptor/) },
  ]);
  expect(await explainFailures(failed('EMFILE', ...listeners([7], ['127.0.30.8', '127.0.30.9'])))).toMatchObject([
    { message: expect.stringMatching(/^Cannot listen on port 7: no file/) },
  ]);
});

it('names each address that no interface has', async () => {
  const lines = await explainFailures(failed('EADDRNOTAVAIL', ...listeners([7, 8], ['127.0.30.8', '127.0.30.9'])));
  expect(lines.map(({ message }) => message.slice(0, 50))).toEqual([
    'Cannot listen on 2 ports of 127.0.30.8 (7-8): no i',
    'Cannot listen on 2 ports of 127.0.30.9 (7-8): no i',
  ]);
});

it('has a message for one listener of many', () => {
  expect(messageOfOne(listener, 'held by nginx, pid 812; end it')).toBe(
    'Cannot listen on 127.0.30.9:1 (ssh): held by nginx, pid 812; end it',
  );
});
