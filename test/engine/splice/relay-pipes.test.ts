import { describe, expect, it } from 'vitest';
import { F_SETPIPE_SZ } from '../../../src/libc/constants.ts';
import type { Libc } from '../../../src/libc/libc.ts';
import { EngineFixture, type JoinedSession } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { type Peer, payload, until } from '../../contract/peer.ts';
import { counted, EMFILE, libc, openEngine, openSockets } from './splice-fixture.ts';

const EPERM = 1;
const data = payload(16 * mib);

/** The kernel makes no pipe of more than 64 KiB. */
const shortPipes: Libc = {
  ...libc,
  fcntl: (fd, command, argument) => (command === F_SETPIPE_SZ ? -EPERM : libc.fcntl(fd, command, argument)),
};

async function sendBothWays({ client, target, relay }: JoinedSession): Promise<void> {
  const send = async (peer: Peer): Promise<void> => {
    await peer.send(data.data);
    peer.finish();
  };
  await Promise.all([send(client), send(target)]);
  expect(await Promise.all([client.ending, target.ending])).toEqual(['end', 'end']);
  expect([client.digest(), target.digest()]).toEqual([data.digest, data.digest]);
  await relay.done;
}

/** Sends to a target that does not read until nothing moves. */
async function stall({ client, target, relay }: JoinedSession): Promise<void> {
  target.socket.pause();
  void client.send(data.data).catch(() => {});
  await until(() => relay.heldToTarget > 0, 'bytes to be held');
  let [then, since] = [-1, 0];
  await until(() => {
    if (relay.bytesToTarget !== then) [then, since] = [relay.bytesToTarget, performance.now()];
    return performance.now() - since > 50;
  }, 'all buffers to be full');
}

describe('bulk arrives complete both ways', () => {
  it.each<[string, Libc, number]>([
    ['without a pipe', libc, 0],
    ['with one pipe for both directions', libc, 1],
    ['with pipes of 64 KiB', shortPipes, 32],
    ['when no descriptor is left for a pipe', { ...libc, pipe2: () => EMFILE }, 32],
    [
      'when the user’s budget of pages in pipes is used up',
      { ...libc, fcntl: (fd, command) => (command === F_SETPIPE_SZ ? -EPERM : fd < 0 ? -9 : 8192) },
      32,
    ],
  ])('%s', async (_, over, pipes) => {
    const { libc: counting, count } = counted(over);
    const fixture = await EngineFixture.open(openEngine(counting, pipes));
    await sendBothWays(await fixture.session());
    // The pool tries once a second where the kernel has no pipe.
    expect(count('pipe2')).toBeLessThan(20);
    if (pipes === 0) expect(count('pipe2')).toBe(0);
    if (over === libc && pipes > 0) expect(count('splice')).toBeGreaterThan(0);
  });
});

describe('a pipe that holds bytes when its session is killed', () => {
  it('is closed, and the next session gets none of them', async () => {
    const fixture = await EngineFixture.open(openEngine(libc, 1));
    const before = openSockets();
    for (let round = 0; round < 3; round += 1) {
      const killed = await fixture.session();
      await stall(killed);
      // Both ends of four sockets, and of a pipe.
      expect(openSockets()).toBe(before + 6);
      killed.relay.kill('killed');
      await killed.relay.done;
      killed.target.socket.resume();
      await killed.target.closed.then(() => killed.client.closed);
      await until(() => openSockets() === before, 'the pipe to be closed');
    }
    const next = await fixture.session();
    await sendBothWays(next);
  });
});

describe('a pipe belongs to a direction only while bytes are in it', () => {
  it('so that sessions that were busy once, and idle now, keep none', async () => {
    const { libc: counting, count } = counted();
    const fixture = await EngineFixture.open(openEngine(counting, 2));
    const before = openSockets();
    const part = data.data.subarray(0, 2 * mib);
    const sessions: JoinedSession[] = [];
    for (let round = 0; round < 20; round += 1) {
      const session = await fixture.session();
      sessions.push(session);
      await session.client.send(part);
      await session.target.has(part.length);
    }
    expect(count('pipe2')).toBeLessThanOrEqual(2);
    expect(openSockets()).toBeLessThanOrEqual(before + 20 * 4 + 2 * 2);
    // All are still able to go on.
    for (const { client } of sessions) await client.send('more');
    for (const { target } of sessions) await target.has(part.length + 4);
  });

  it('so that stalled sessions may have them all, and others go on by copying', async () => {
    const { libc: counting, count } = counted();
    const fixture = await EngineFixture.open(openEngine(counting, 2));
    const stalled = [
      await fixture.session(),
      await fixture.session(),
      await fixture.session(),
      await fixture.session(),
    ];
    for (const session of stalled) await stall(session);
    expect(count('pipe2')).toBe(2);
    await sendBothWays(await fixture.session());
    for (const { target } of stalled) target.socket.resume();
    for (const { target, client } of stalled) {
      await target.has(data.data.length);
      expect(target.digest()).toBe(data.digest);
      client.finish();
    }
    expect(stalled.map(({ relay }) => relay.heldToTarget)).toEqual([0, 0, 0, 0]);
    await sendBothWays(await fixture.session());
    expect(count('pipe2')).toBe(2);
  });
});

describe('a direction that changes between splicing and copying while its reader is slow', () => {
  it('loses no pipe on the way', async () => {
    // Every splice from a socket is a small one, so that three of them are followed by copying.
    const trickling: Libc = {
      ...libc,
      splice: (from, to, length, flags) => libc.splice(from, to, Math.min(length, 8192), flags),
    };
    const engine = openEngine(trickling, 2);
    const before = openSockets();
    const fixture = await EngineFixture.open(engine);
    for (let round = 0; round < 4; round += 1) {
      const session = await fixture.session();
      await stall(session);
      session.target.socket.resume();
      await session.target.has(data.data.length);
      expect(session.target.digest()).toBe(data.digest);
      session.client.finish();
      session.target.finish();
      await session.relay.done;
      await Promise.all([session.client.closed, session.target.closed]);
    }
    fixture.acceptor.close();
    engine.shutDown();
    fixture.target.server.close();
    await until(() => openSockets() < before, 'every pipe to be closed, and the epoll descriptor');
  });
});

describe('how bytes travel', () => {
  it('is by copying as long as messages are small: no pipe is taken, and nothing spliced', async () => {
    const { libc: counting, count } = counted();
    const { client, target } = await (await EngineFixture.open(openEngine(counting))).session();
    target.socket.on('data', (chunk) => target.socket.write(chunk));
    for (let round = 1; round <= 300; round += 1) {
      await client.send('x'.repeat(100));
      await client.has(round * 100);
    }
    expect(count('pipe2', 'splice', 'fcntl')).toBe(0);
  });

  it('is by splicing once it is bulk, and by copying again when it turns small', async () => {
    const { libc: counting, count } = counted();
    const { client, target } = await (await EngineFixture.open(openEngine(counting))).session();
    let sent = 0;
    const send = async (bytes: Buffer): Promise<void> => {
      sent += bytes.length;
      await client.send(bytes);
      await target.has(sent);
    };
    await send(data.data);
    const spliced = count('splice');
    // Two calls move at most a pipe full.
    expect(spliced).toBeGreaterThanOrEqual(24);
    expect(count('recv')).toBeLessThan(spliced);
    for (let round = 0; round < 10; round += 1) await send(Buffer.alloc(100));
    const [splices, reads] = [count('splice'), count('recv')];
    for (let round = 0; round < 10; round += 1) await send(Buffer.alloc(100));
    expect(count('splice')).toBe(splices);
    expect(count('recv')).toBeGreaterThanOrEqual(reads + 10);
    await send(data.data);
    expect(count('splice')).toBeGreaterThan(splices + 24);
  });
});
