import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { hostOf, hostText } from '../../src/base/host.ts';
import type { Dial, Leg } from '../../src/engine/engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { sessionDialer } from '../../src/session/dial-pool.ts';
import type { Lookup } from '../../src/upstream/resolver.ts';
import { TargetDial, type TargetDialed } from '../../src/upstream/target-dial.ts';
import type { TargetGuard } from '../../src/upstream/target-guard.ts';
import { openBlackHole } from '../contract/black-hole.ts';
import { TargetServer } from '../contract/peer.ts';
import { closedPort } from '../session/closed-port.ts';
import { dialContext } from './dial-fixture.ts';
import { anySource } from './pools.ts';

/** Writes down what it dials. */
class DialRecorder extends StreamEngine {
  readonly dials: { readonly address: string; readonly timeout: number }[] = [];

  override dial(...args: Parameters<StreamEngine['dial']>): Dial {
    const [{ address }, { timeout }] = args;
    this.dials.push({ address, timeout });
    return super.dial(...args);
  }

  get addresses(): string[] {
    return this.dials.map(({ address }) => address);
  }
}

function openEngine(): DialRecorder {
  const engine = new DialRecorder({ waitingRoom: 0 });
  onTestFinished(() => engine.shutDown());
  return engine;
}

const names =
  (...addresses: string[]): Lookup =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address })));

/** Everything may be dialed but one address. */
const forbidden = '127.0.0.13';
const guard: Partial<TargetGuard> = {
  check: ({ address }) => (address === forbidden ? 'it is forbidden' : undefined),
};
/** What connects to itself on this port is a listener of ours. */
const ownListenerOn = (port: number): Partial<TargetGuard> => ({
  watches: (watched) => watched === port,
  checkConnected: (local, remote, host) => (local.address === remote.address ? `${hostText(host)} is ours` : undefined),
});

function dial(
  engine: DialRecorder,
  port: number,
  lookup: Lookup,
  timeout = 5000,
  host = 'a.test',
  context = dialContext(lookup, guard),
): TargetDial<Leg> {
  return new TargetDial(sessionDialer(engine, context), { ...hostOf(host), port }, timeout, anySource);
}

/** The address that was reached, or why none was. */
function outcome(engine: DialRecorder, dialed: TargetDialed<Leg>): string {
  if (!dialed.ok) return dialed.reason;
  const { address } = dialed.leg.remote;
  engine.close(dialed.leg, 'rst');
  return address;
}

it('walks the addresses of a name in the order of the lookup, past those that refuse', async () => {
  const engine = openEngine();
  const { port } = await TargetServer.open();
  const dialed = await dial(engine, port, names('127.0.0.8', '127.0.0.9', '127.0.0.1', '127.0.0.7')).done;
  expect(outcome(engine, dialed)).toBe('127.0.0.1');
  expect(engine.addresses).toEqual(['127.0.0.8', '127.0.0.9', '127.0.0.1']);
});

it('passes over addresses that a name must not lead to', async () => {
  const engine = openEngine();
  const { port } = await TargetServer.open();
  const dialed = await dial(engine, port, names(forbidden, '127.0.0.1')).done;
  expect(outcome(engine, dialed)).toBe('127.0.0.1');
  expect(engine.addresses).toEqual(['127.0.0.1']);
});

it('dials nothing where a name leads nowhere else, and returns why', async () => {
  const engine = openEngine();
  const dialed = await dial(engine, 80, names(forbidden)).done;
  expect(dialed).toMatchObject({ ok: false, reason: 'lookup failed', error: { message: 'it is forbidden' } });
  expect(engine.addresses).toEqual([]);
});

it('does not dial an address that the machine has got since, with one of our listeners on that port', async () => {
  const engine = openEngine();
  const dialed = await dial(engine, 80, names(), 5000, forbidden).done;
  expect(dialed).toMatchObject({ ok: false, reason: 'loop', error: { message: 'it is forbidden' } });
  expect(engine.addresses).toEqual([]);
});

it.each(['127.0.0.1', 'a.test'])('resets what turns out to be a listener of ours: %s', async (host) => {
  const engine = openEngine();
  const server = await TargetServer.open();
  const lookup = names('127.0.0.1');
  const context = dialContext(lookup, ownListenerOn(server.port));
  const dialed = await dial(engine, server.port, lookup, 5000, host, context).done;
  expect(dialed).toMatchObject({ ok: false, reason: 'loop', error: { message: `${host} is ours` } });
  expect(await (await server.peers.next()).ending).toBe('reset');
});

it('gives the reason of the last address when none answers', async () => {
  const engine = openEngine();
  const dialed = await dial(engine, await closedPort(), names('127.255.255.255', '127.0.0.1')).done;
  expect(dialed).toMatchObject({ ok: false, reason: 'refused', error: { code: 'ECONNREFUSED' } });
});

/** A port that swallows packets on 127.0.0.1, and answers on 127.0.0.2. */
async function openSilentAndAnswering(): Promise<number> {
  const port = await openBlackHole();
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.2', resolve));
  onTestFinished(() => {
    server.close();
  });
  return port;
}

it('gives each address an equal share of the time that is left, so that a silent one does not use it up', async () => {
  const engine = openEngine();
  const port = await openSilentAndAnswering();
  const dialed = await dial(engine, port, names('127.0.0.1', '127.0.0.2'), 600).done;
  expect(outcome(engine, dialed)).toBe('127.0.0.2');
  const [silent, answers] = engine.dials;
  expect(silent?.timeout).toBeGreaterThan(200);
  expect(silent?.timeout).toBeLessThanOrEqual(300);
  // All that was left, which is less than the other half.
  expect(answers?.timeout).toBeGreaterThan(0);
  expect(answers?.timeout).toBeLessThanOrEqual(300);
});

it('tries an address that was silent last from then on, so that the next session does not wait for it', async () => {
  const engine = openEngine();
  const port = await openSilentAndAnswering();
  const lookup = names('127.0.0.1', '127.0.0.2');
  const context = dialContext(lookup);
  for (let session = 0; session < 3; session += 1) {
    const { done } = dial(engine, port, lookup, 2_000, 'a.test', context);
    expect(outcome(engine, await done)).toBe('127.0.0.2');
  }
  expect(engine.addresses).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.2']);
});

it('returns that the lookup took all the time, not the target', async () => {
  const engine = openEngine();
  const never: Lookup = () => new Promise(() => {});
  expect(outcome(engine, await dial(engine, 80, never, 100).done)).toBe('lookup timed out');
  expect(engine.dials).toEqual([]);
});

it('times out in the whole time given when every address is silent', async () => {
  const engine = openEngine();
  const port = await openBlackHole();
  const started = performance.now();
  const dialed = await dial(engine, port, names('127.0.0.1', '127.0.0.1', '127.0.0.1'), 300).done;
  expect(outcome(engine, dialed)).toBe('dial timed out');
  expect(performance.now() - started).toBeGreaterThanOrEqual(290);
  expect(performance.now() - started).toBeLessThan(10_000);
});

it('counts lookup time towards the time-out', async () => {
  const engine = openEngine();
  const { port } = await TargetServer.open();
  const slow: Lookup = () =>
    new Promise((resolve) => {
      setTimeout(resolve, 150, [{ address: '127.0.0.1' }]);
    });
  expect(outcome(engine, await dial(engine, port, slow, 2000).done)).toBe('127.0.0.1');
  expect(engine.dials[0]?.timeout).toBeLessThanOrEqual(1855);
});

it('looks the name up again at each dial', async () => {
  const engine = openEngine();
  const { port } = await TargetServer.open();
  const answers = ['127.0.0.9', '127.0.0.1'];
  const lookup: Lookup = () => Promise.resolve([{ address: answers.shift() ?? '' }]);
  const context = dialContext(lookup);
  const seen: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { done } = dial(engine, port, lookup, 5000, 'a.test', context);
    seen.push(outcome(engine, await done));
  }
  expect(seen).toEqual(['refused', '127.0.0.1']);
});

it('dials an address as it stands, without a lookup', async () => {
  const engine = openEngine();
  const { port } = await TargetServer.open();
  const never: Lookup = (host) => Promise.reject(new Error(`looked up ${host}`));
  expect(outcome(engine, await dial(engine, port, never, 5000, '127.0.0.1').done)).toBe('127.0.0.1');
  expect(engine.dials).toEqual([{ address: '127.0.0.1', timeout: 5000 }]);
});

it('is cancelled while its name is looked up, and the answer that comes later is not dialed', async () => {
  const engine = openEngine();
  let answer = (): void => {};
  const lookup: Lookup = () =>
    new Promise((resolve) => {
      answer = () => resolve([{ address: '127.0.0.1' }]);
    });
  const cancelled = dial(engine, 80, lookup);
  cancelled.cancel();
  expect(await cancelled.done).toEqual({ ok: false, reason: 'cancelled' });
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(engine.dials).toEqual([]);
});

it('is cancelled at one address, and the next is not dialed', async () => {
  const engine = openEngine();
  const port = await openBlackHole();
  const cancelled = dial(engine, port, names('127.0.0.1', '127.0.0.2'));
  await expect.poll(() => engine.dials.length).toBe(1);
  cancelled.cancel();
  expect(await cancelled.done).toEqual({ ok: false, reason: 'cancelled' });
  expect(engine.addresses).toEqual(['127.0.0.1']);
});
