import { expect, it } from 'vitest';
import type { Libc } from '../../../src/libc/libc.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { payload, until } from '../../contract/peer.ts';
import { fdOf, joinLegs, libc, openEngine, openSockets } from './splice-fixture.ts';

const bug = new Error('a bug');

/** A libc whose calls for one descriptor throw from the `left`th on. */
function faulty(): { readonly libc: Libc; readonly fault: { fd: number; left: number } } {
  const fault = { fd: -1, left: 0 };
  const check = (fd: number): void => {
    if (fd !== fault.fd) return;
    fault.left -= 1;
    if (fault.left < 0) throw bug;
  };
  const over: Libc = {
    ...libc,
    recv: (fd, ...rest) => {
      check(fd);
      return libc.recv(fd, ...rest);
    },
    // After the call: bytes of the session lie in the pipe then, and are not counted.
    splice: (from, to, ...rest) => {
      const moved = libc.splice(from, to, ...rest);
      if (moved > 0) check(from);
      return moved;
    },
    setsockopt: (fd, ...rest) => {
      check(fd);
      return libc.setsockopt(fd, ...rest);
    },
  };
  return { libc: over, fault };
}

it.each([
  ['copied', 'the first read', 0, 0],
  ['copied', 'a later read', 0, 3],
  ['spliced', 'a later read', 1, 6],
])('ends a session that is %s with a bug in %s, also one in its reset', async (_, __, pipes, left) => {
  const over = faulty();
  const fixture = await EngineFixture.open(openEngine(over.libc, pipes));
  const before = openSockets();
  const { client, target, clientLeg, relay } = await joinLegs(fixture);
  Object.assign(over.fault, { fd: fdOf(clientLeg), left });
  void client.send(payload(16 * mib).data).catch(() => {});
  expect(await relay.done).toBe('internal');
  expect(relay.error).toBe(bug);
  over.fault.fd = -1;
  expect(await target.ending).toBe('reset');
  await client.closed;

  // The one pipe there may be is a fresh one: not a byte of that session comes out of it.
  const next = await fixture.session();
  const sent = payload(16 * mib);
  await next.client.send(sent.data);
  next.client.finish();
  expect(await next.target.ending).toBe('end');
  expect(next.target.digest()).toBe(sent.digest);
  next.target.finish();
  expect(await next.relay.done).toBe('client closed');
  for (const { socket } of [client, target]) socket.destroy();
  await until(() => openSockets() <= before + pipes * 2, 'the descriptors to be closed', 5000);
});

it('leaves no descriptor of a dial whose connect(2) throws', async () => {
  const calls = { connect: 0 };
  const connect = (): never => {
    calls.connect += 1;
    throw bug;
  };
  const fixture = await EngineFixture.open(openEngine({ ...libc, connect }));
  const before = openSockets();
  const at = { address: '127.0.0.1', port: fixture.target.port };
  expect(() => fixture.engine.dial(at, { timeout: 1000 })).toThrow(bug);
  expect([calls.connect, openSockets()]).toEqual([1, before]);
});
