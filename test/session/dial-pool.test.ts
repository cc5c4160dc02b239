import { expect, it } from 'vitest';
import type { Dial, DialFailure } from '../../src/engine/engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { TargetServer } from '../contract/peer.ts';
import { plannedPool, plannedTarget } from '../helpers/planned.ts';
import { SessionFixture, startPeer } from './session-fixture.ts';

/** Dials to 127.0.0.9 fail in one way; writes down what each dial was given. */
class FailingEngine extends StreamEngine {
  readonly timeouts: number[] = [];
  private readonly reason: DialFailure;

  constructor(reason: DialFailure) {
    super({ waitingRoom: 8 });
    this.reason = reason;
  }

  override dial(...args: Parameters<StreamEngine['dial']>): Dial {
    const [{ address }, { timeout }] = args;
    this.timeouts.push(timeout);
    if (address !== '127.0.0.9') return super.dial(...args);
    return { done: Promise.resolve({ ok: false, reason: this.reason }), cancel: () => {} };
  }
}

/** Writes down the outcomes of dials that are reported to the pool. */
class ReportedPool extends Pool {
  readonly reported: string[] = [];

  override succeeded(...args: Parameters<Pool['succeeded']>): void {
    this.reported.push(`${args[0].host} succeeded`);
    super.succeeded(...args);
  }

  override failed(...args: Parameters<Pool['failed']>): void {
    this.reported.push(`${args[0].host} failed`);
    super.failed(...args);
  }

  override gaveUp(...args: Parameters<Pool['gaveUp']>): void {
    this.reported.push(`${args[0].host} gave up`);
    super.gaveUp(...args);
  }
}

it.each([
  ['refused', 'failed'],
  ['unreachable', 'failed'],
  ['dial timed out', 'failed'],
  // What this machine lacks towards one target, it may have towards another.
  ['exhausted', 'gave up'],
] as const)('goes on to the next target when a dial is %s, which has %s then', async (reason, reported) => {
  const fixture = new SessionFixture({ engine: new FailingEngine(reason) });
  const server = await TargetServer.open();
  const pool = new ReportedPool(plannedPool([plannedTarget(1, { host: '127.0.0.9' }), plannedTarget(server.port)]));
  const client = startPeer(await fixture.listenFor(pool));
  (await server.peers.next()).finish();
  expect(await client.ending).toBe('end');
  expect(pool.reported).toEqual([`127.0.0.9 ${reported}`, '127.0.0.1 succeeded']);
  expect(pool.targets.map(({ sessions }) => sessions)).toEqual([0, 1]);
  client.finish();
  expect(await fixture.records.next()).toMatchObject({ reason: 'target closed', target: `127.0.0.1:${server.port}` });
  expect(pool.targets.map(({ sessions }) => sessions)).toEqual([0, 0]);
});

it('gives a try no more than the rest of dialTotal, and counts no failure of a target that was cut short', async () => {
  const engine = new FailingEngine('dial timed out');
  const fixture = new SessionFixture({ engine, timeouts: { dial: 5000, dialTotal: 3000 } });
  const pool = new ReportedPool(plannedPool([1, 2, 3].map((port) => plannedTarget(port, { host: '127.0.0.9' }))));
  startPeer(await fixture.listenFor(pool));
  expect(await fixture.records.next()).toMatchObject({ reason: 'dial timed out' });
  expect(engine.timeouts.length).toBe(3);
  for (const timeout of engine.timeouts) expect(timeout).toBeLessThanOrEqual(3000);
  expect(pool.reported).toEqual(Array.from({ length: 3 }, () => '127.0.0.9 gave up'));
});
