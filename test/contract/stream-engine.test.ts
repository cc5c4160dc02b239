import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findNodeInternals } from '../../src/engine/stream/node-internals.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { findUnacknowledgedBytes } from '../../src/libc/unacknowledged-bytes.ts';
import { describeEngine } from './engine-contract.ts';
import { EngineFixture } from './engine-fixture.ts';
import { until } from './peer.ts';

const unacknowledged = await findUnacknowledgedBytes();
if (unacknowledged === null) throw new Error('koffi does not load');

describeEngine({
  name: 'stream',
  create: (options) => new StreamEngine(options),
  inputAfterFailedWrite: 'kept',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

describeEngine({
  name: 'stream, with system calls',
  create: (options) => new StreamEngine({ ...options, unacknowledged }),
  inputAfterFailedWrite: 'kept',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

describeEngine({
  name: 'stream, the public way',
  create: (options) => new StreamEngine({ ...options, reads: 'public' }),
  inputAfterFailedWrite: 'lost',
  heldLimit: 256 * 1024,
  incomingWait: 'in a waiting room',
});

describe('stream: the waiting room', () => {
  it('resets new clients when it is full, and drops clients that leave', async () => {
    const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 2 }));
    fixture.setRoom('full');
    const [leaves, stays] = [await fixture.connect(), await fixture.connect()];
    await until(() => fixture.engine.waiting === 2, 'both to wait');
    const beyond = fixture.connect().then(
      (peer) => peer.ending,
      () => 'reset',
    );
    expect(await beyond).toBe('reset');
    leaves.reset();
    await until(() => fixture.engine.waiting === 1, 'the one that left to be dropped');
    fixture.setRoom('free');
    fixture.engine.admitWaiting();
    const leg = await fixture.legs.next();
    expect(leg.remote.port).toBe(stays.socket.localPort);
    expect(fixture.legs.size).toBe(0);
    fixture.engine.close(leg, 'rst');
  });

  it('drops a client that closes without a byte before there is room', async () => {
    const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 2 }));
    fixture.setRoom('full');
    const leaves = await fixture.connect();
    await until(() => fixture.engine.waiting === 1, 'it to wait');
    leaves.finish();
    expect(await leaves.ending).toBe('reset');
    expect(fixture.engine.waiting).toBe(0);
    expect(fixture.legs.size).toBe(0);
  });

  it('keeps no descriptor of a client that sends something and resets while it waits', async () => {
    const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 2 }));
    fixture.setRoom('full');
    const before = readdirSync('/proc/self/fd').length;
    const leaves = await fixture.connect();
    await until(() => fixture.engine.waiting === 1, 'it to wait');
    leaves.socket.write('last words');
    leaves.reset();
    await until(() => fixture.engine.waiting === 0, 'it to be dropped');
    await until(() => readdirSync('/proc/self/fd').length <= before, 'its descriptor to be closed');
  });

  it('resets the clients that wait for an acceptor that closes', async () => {
    const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 2 }));
    fixture.setRoom('full');
    const waits = await fixture.connect();
    await until(() => fixture.engine.waiting === 1, 'it to wait');
    fixture.acceptor.close();
    expect(await waits.ending).toBe('reset');
  });
});

describe('stream: Node', () => {
  it('has the private properties that the fast way needs', () => {
    expect(findNodeInternals()).not.toBeNull();
  });
});
