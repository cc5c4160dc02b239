import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Acceptor, Leg } from '../../../src/engine/engine.ts';
import { until } from '../../contract/peer.ts';
import { EMFILE, libc, openEngine, openWatchedEngine } from './splice-fixture.ts';

/** A linear congruential generator: the same numbers from 0 to 1 for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

/** Listeners whose limit, bursts and descriptors change at random, as their clients come and go. */
class ChangingListeners {
  readonly random: () => number;
  readonly sockets: Socket[] = [];
  readonly acceptors: Acceptor[] = [];
  closed = 0;
  came = 0;
  /** The share of calls of accept4(2) for which no descriptor is left, and of clients that come in a burst. */
  poor = 0;
  burst = 0.5;
  most = 20;
  readonly legs: Leg[] = [];
  private readonly engine;

  constructor(open: typeof openWatchedEngine, seed: number) {
    this.random = randomNumbers(seed);
    const accept4: typeof libc.accept4 = (...values) => (this.happens(this.poor) ? EMFILE : libc.accept4(...values));
    this.engine = open({ ...libc, accept4 });
    onTestFinished(() => {
      for (const socket of this.sockets) socket.destroy();
      for (const acceptor of this.acceptors) acceptor.close();
      for (const leg of this.legs) this.engine.close(leg, 'rst');
      this.engine.shutDown();
    });
  }

  happens(share: number): boolean {
    return this.random() < share;
  }

  async open(): Promise<void> {
    const at = { address: '127.0.0.1', port: 0, dualStack: false };
    const listening = await this.engine.listen(at, {
      room: () => {
        if (this.legs.length >= this.most) return 'none';
        return this.happens(this.burst) ? 'paced' : 'free';
      },
      onClient: (leg) => {
        this.came += 1;
        if (this.happens(0.3)) this.engine.close(leg, 'rst');
        else this.legs.push(leg);
      },
    });
    if (!listening.ok) throw listening.error;
    this.acceptors.push(listening.acceptor);
  }

  connect(acceptor: Acceptor): void {
    const socket = connect(acceptor.local.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed += 1;
    });
    socket.resume();
    this.sockets.push(socket);
    if (this.happens(0.1)) socket.resetAndDestroy();
  }

  endSession(): void {
    const leg = this.legs.shift();
    if (leg === undefined) return;
    this.engine.close(leg, 'rst');
    this.engine.admitWaiting();
  }

  async step(): Promise<void> {
    if (this.happens(0.1)) this.poor = this.happens(0.5) ? 0 : this.random();
    if (this.happens(0.1)) this.burst = this.random();
    if (this.happens(0.1)) this.most = Math.floor(this.random() * 60);
    if (this.happens(0.05)) {
      const [closing] = this.acceptors.splice(Math.floor(this.random() * this.acceptors.length), 1);
      closing?.close();
      await this.open();
    }
    for (let clients = Math.floor(this.random() * 8); clients > 0; clients -= 1) {
      const acceptor = this.acceptors[Math.floor(this.random() * this.acceptors.length)];
      if (acceptor !== undefined) this.connect(acceptor);
    }
    for (let ends = Math.floor(this.random() * 8); ends > 0; ends -= 1) this.endSession();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** There is room for all from here on. */
  calm(): void {
    this.poor = 0;
    this.most = Number.POSITIVE_INFINITY;
    this.engine.admitWaiting();
  }
}

const loops = { embedded: openEngine, watched: openWatchedEngine } as const;
const cases = (['embedded', 'watched'] as const).flatMap((loop) => [1, 2, 3].map((seed) => ({ loop, seed })));

it.each(cases)('no client waits for ever, in the $loop loop (seed $seed)', async ({ loop, seed }) => {
  const changing = new ChangingListeners(loops[loop], seed);
  const { acceptors, sockets } = changing;
  for (let count = 0; count < 40; count += 1) await changing.open();
  for (let steps = 0; steps < 100; steps += 1) await changing.step();
  changing.calm();
  await until(() => {
    while (changing.legs.length > 0) changing.endSession();
    return changing.closed === sockets.length;
  }, 'all clients to have had their session');
  // And each listener is watched as before.
  for (const acceptor of acceptors) {
    const before = changing.came;
    const client = connect(acceptor.local.port, '127.0.0.1').on('error', () => {});
    await until(() => changing.came > before, 'the next client');
    client.destroy();
  }
  expect(changing.came).toBeGreaterThan(acceptors.length);
});
