import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HeldBytes, leastRead, smallHold } from '../../src/engine/held-bytes.ts';
import { LegHead } from '../../src/engine/leg-head.ts';
import { chooseLoop } from '../../src/engine/loop.ts';
import { SpareMemory } from '../../src/engine/splice/spare-memory.ts';
import { EarlyBytes } from '../../src/engine/stream/early-bytes.ts';
import { LegBuffers } from '../../src/engine/stream/leg-buffers.ts';
import { Sweeper } from '../../src/engine/sweeper.ts';
import { libc } from './splice/splice-fixture.ts';

const KiB = 1024;

test('is short before something that is as large as may be has no place', () => {
  const held = new HeldBytes(512 * KiB, 256 * KiB);
  held.add(256 * KiB);
  expect(held.short).toBe(false);
  held.add(1);
  expect(held.short).toBe(true);
  held.remove(1);
  expect(held.short).toBe(false);
});

test('is short at once where nothing fits, and never without a budget', () => {
  expect(new HeldBytes(255 * KiB, 256 * KiB).short).toBe(true);
  const free = new HeldBytes(Number.POSITIVE_INFINITY, 256 * KiB);
  free.add(2 ** 50);
  expect(free.short).toBe(false);
});

test('is short by another budget at once, and what is held counts on', () => {
  const held = new HeldBytes(512 * KiB, 256 * KiB);
  held.add(300 * KiB);
  held.update(1024 * KiB);
  expect(held.short).toBe(false);
  held.update(512 * KiB);
  expect(held.short).toBe(true);
  held.remove(300 * KiB);
  expect(held.short).toBe(false);
});

test('spare memory: small ones cost nothing of the budget, large ones do until they are given back', () => {
  const held = new HeldBytes(512 * KiB, 256 * KiB);
  const spares = new SpareMemory(libc, 256 * KiB, held);
  const small = Array.from({ length: 100 }, () => spares.take(smallHold));
  expect(new Set(small.map(({ bytes }) => bytes.length))).toEqual(new Set([smallHold]));
  expect(held.short).toBe(false);
  const [first, second] = [spares.take(smallHold + 1), spares.take(256 * KiB)];
  expect([first.bytes.length, second.bytes.length]).toEqual([256 * KiB, 256 * KiB]);
  expect(held.short).toBe(true);
  for (const spare of small) spares.give(spare);
  expect(held.short).toBe(true);
  spares.give(first);
  spares.give(second);
  expect(held.short).toBe(false);
  expect(spares.take(1).bytes.length).toBe(smallHold);
});

test('legs read into the large buffer as long as the budget has room, and give their room back', () => {
  const held = new HeldBytes(1024 * KiB, 256 * KiB);
  const buffers = new LegBuffers(188 * KiB, 256 * KiB, held);
  const taken = Array.from({ length: 6 }, () => buffers.take());
  expect(taken.map(({ length }) => length / KiB)).toEqual([188, 188, 188, 188, 16, 16]);
  expect(taken.every((buffer) => buffers.shares(buffer))).toBe(true);
  expect(buffers.shares(Buffer.alloc(16))).toBe(false);
  buffers.give(taken[5] ?? Buffer.alloc(0));
  expect(buffers.take().length).toBe(leastRead);
  buffers.give(taken[0] ?? Buffer.alloc(0));
  expect(buffers.take().length).toBe(188 * KiB);
});

test.each([
  [188 * KiB, 64 * KiB],
  [leastRead, leastRead],
])('a leg that reads %i bytes at a time keeps %i before the relay, and one read', (readSize, most) => {
  const early = new EarlyBytes(readSize);
  early.add(Buffer.alloc(most - 1, 'a'));
  expect(early.full).toBe(false);
  early.add(Buffer.from('b'));
  expect(early.full).toBe(true);
});

test('single bytes come out in order, however many', () => {
  const early = new EarlyBytes(188 * KiB);
  const sent = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
  for (const byte of sent) early.add(Buffer.from([byte]));
  expect(early.joined()).toEqual(sent);
});

/** The reading of a head that never has enough. */
function endlessHead(held: HeldBytes): LegHead {
  const sweeper = new Sweeper();
  onTestFinished(() => sweeper.close());
  const options = { most: 65_551, timeout: 60_000, enough: () => 'more' as const };
  return new LegHead({ headDone: () => {} }, options, sweeper, held);
}

test('a head of more than 16 KiB counts until it is read, and is refused beyond the budget', async () => {
  const held = new HeldBytes(256 * KiB, 200 * KiB);
  const [first, second] = [endlessHead(held), endlessHead(held)];
  for (const head of [first, second]) head.bytes(Buffer.alloc(leastRead), leastRead);
  expect([first.wanted, second.wanted]).toEqual([65_551 - leastRead, 65_551 - leastRead]);
  first.bytes(Buffer.alloc(10_000), 10_000);
  expect(held.short).toBe(false);
  // 32 KiB of the 56 KiB that there are.
  held.add(24 * KiB + 1);
  expect(held.short).toBe(true);
  second.bytes(Buffer.alloc(1), 1);
  expect(await second.done).toEqual({ ok: false, reason: 'bad header' });
  first.cancel();
  expect(held.short).toBe(false);
});

test('a session that begins while memory is short gets all its bytes through, 16 KiB at a time', async () => {
  const { StreamEngine } = await import('../../src/engine/stream/stream-engine.ts');
  const { SpliceEngine } = await import('../../src/engine/splice/splice-engine.ts');
  for (const engine of [
    new StreamEngine({ waitingRoom: 0, memory: 0 }),
    new SpliceEngine(libc, chooseLoop(libc), { pipes: 0, memory: 0 }),
  ]) {
    const sent = Buffer.alloc(600_000, 'floatgate');
    const target = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => target.once('listening', resolve));
    const { port } = target.address() as { port: number };
    const times = { idle: 60_000, halfClosed: 60_000, keepAlive: 60_000 };
    const ends: Promise<string>[] = [];
    const held: number[] = [];
    const listening = await engine.listen(
      { address: '127.0.0.1', port: 0, dualStack: false },
      {
        room: () => 'free',
        onClient(client) {
          void engine.dial({ address: '127.0.0.1', port }, { timeout: 10_000 }).done.then((dialed) => {
            if (!dialed.ok) throw new Error(dialed.reason);
            const relay = engine.relay(client, dialed.leg, times);
            const look = setInterval(() => held.push(relay.heldToClient, relay.heldToTarget), 1);
            ends.push(relay.done.finally(() => clearInterval(look)));
          });
        },
      },
    );
    if (!listening.ok) throw listening.error;
    const socket = connect(listening.acceptor.local.port, '127.0.0.1');
    const got: Buffer[] = [];
    socket.on('data', (chunk) => got.push(chunk)).end(sent);
    await new Promise((resolve) => socket.once('end', resolve));
    expect(Buffer.concat(got).equals(sent), engine.name).toBe(true);
    expect(await ends[0]).toBe('client closed');
    expect(Math.max(0, ...held), engine.name).toBeLessThanOrEqual(2 * leastRead);
    listening.acceptor.close();
    target.close();
    engine.shutDown();
  }
});
