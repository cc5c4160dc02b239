import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openBlackHole } from '../contract/black-hole.ts';
import { Peer, TargetServer } from '../contract/peer.ts';
import { longTimeouts, plannedTarget } from '../helpers/planned.ts';
import { until } from '../helpers/until.ts';
import { closedPort } from '../session/closed-port.ts';
import { gatewayAddress, type OneListener, startOne } from './gateway-fixture.ts';

/** A target that sends its name and ends. */
async function speaker(name: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const target = await TargetServer.open();
  target.server.on('connection', (socket) => socket.end(name));
  const close = () => new Promise<void>((resolve) => target.server.close(() => resolve()));
  return { port: target.port, close };
}

/** The name of the target that a client reaches, or `reset`. */
async function reached(one: OneListener): Promise<string> {
  // Where it is reset at once, its `connect` may never be seen.
  const client = new Peer(connect({ port: one.port, host: gatewayAddress, allowHalfOpen: true }));
  const ending = await client.ending;
  client.finish();
  const record = await one.records.next();
  expect(record.reason).toBe(ending === 'end' ? 'target closed' : record.reason);
  return ending === 'end' ? client.text : `reset: ${record.reason}`;
}

/** A target on `port` that comes up now. Checks may end with a reset. */
async function comesUp(port: number): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).end('up')).listen(port, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
}

it('spreads sessions over targets by their weights', async () => {
  const targets = [await speaker('a'), await speaker('b')];
  const one = await startOne(targets.map(({ port }, index) => plannedTarget(port, { weight: 1 + index })));
  const names: string[] = [];
  for (let session = 0; session < 6; session += 1) names.push(await reached(one));
  expect(names.filter((name) => name === 'b').length).toBe(4);
  expect(names.filter((name) => name === 'a').length).toBe(2);
});

it('goes on to the next target within the same session', async () => {
  const good = await speaker('good');
  const one = await startOne([plannedTarget(await closedPort()), plannedTarget(good.port)]);
  for (let session = 0; session < 5; session += 1) expect(await reached(one)).toBe('good');
});

it('goes on after a dial that timed out, and dialTotal bounds it all', async () => {
  const good = await speaker('good');
  const silent = await openBlackHole();
  const timeouts = { ...longTimeouts, dial: 150 };
  const one = await startOne([plannedTarget(silent), plannedTarget(good.port)], { timeouts });
  expect(await reached(one)).toBe('good');

  const late = await startOne(
    [silent, silent, good.port].map((port) => plannedTarget(port)),
    {
      timeouts: { ...timeouts, dialTotal: 200 },
    },
  );
  expect(await reached(late)).toBe('reset: dial timed out');
});

it('tries three targets and no more', async () => {
  const good = await speaker('good');
  const closed = [await closedPort(), await closedPort(), await closedPort()];
  const one = await startOne([...closed, good.port].map((port) => plannedTarget(port)));
  const outcomes = new Set([await reached(one), await reached(one)]);
  // Round robin: the first session begins with the first target, the next one after it.
  expect(outcomes).toEqual(new Set(['reset: refused', 'good']));
});

it('tries another port of the same host, which may have one session', async () => {
  const good = await speaker('good');
  const one = await startOne([plannedTarget(await closedPort()), plannedTarget(good.port)], {
    limits: { perTarget: 1 },
  });
  expect([await reached(one), await reached(one)]).toEqual(['good', 'good']);
});

it('counts how sessions have ended', async () => {
  const good = await speaker('good');
  const one = await startOne([plannedTarget(good.port)]);
  await reached(one);
  await reached(one);
  expect(one.gateway.endings()).toEqual({ 'target closed': 2 });
});

it('uses a backup target only while no other can be', async () => {
  const [main, spare] = [await speaker('main'), await speaker('spare')];
  const one = await startOne([plannedTarget(spare.port, { tier: 'backup' }), plannedTarget(main.port)]);
  expect([await reached(one), await reached(one)]).toEqual(['main', 'main']);
  await main.close();
  expect([await reached(one), await reached(one)]).toEqual(['spare', 'spare']);
});

it('leads a source to one target', async () => {
  const targets = [await speaker('a'), await speaker('b'), await speaker('c')];
  const one = await startOne(
    targets.map(({ port }) => plannedTarget(port)),
    {},
    { pool: { balance: 'source' } },
  );
  const names = new Set<string>();
  for (let session = 0; session < 6; session += 1) names.add(await reached(one));
  expect(names.size).toBe(1);
});

it('reaches the one target of a pool the moment it is up, however often it failed', async () => {
  const port = await closedPort();
  const one = await startOne([plannedTarget(port)]);
  for (let session = 0; session < 8; session += 1) expect(await reached(one)).toBe('reset: refused');
  await comesUp(port);
  expect(await reached(one)).toBe('up');
});

it('logs when a target is passed over, and when it is used again', async () => {
  const good = await speaker('good');
  const port = await closedPort();
  const one = await startOne([plannedTarget(port), plannedTarget(good.port)]);
  for (let session = 0; session < 8; session += 1) await reached(one);
  expect(one.logged).toMatchObject([{ level: 40, pool: 'one', target: `127.0.0.1:${port}` }]);
});

it('resets at once where active checks have emptied a pool, and serves again when they succeed', async () => {
  const port = await closedPort();
  const health = { interval: 100, rise: 2, fall: 2 };
  const one = await startOne([plannedTarget(port)], {}, { pool: { health } });
  await until('the pool to be empty', () => one.logged.some(({ msg }) => String(msg).includes('no target')));
  expect(one.logged.find(({ msg }) => String(msg).includes('no target'))).toMatchObject({ pool: 'one' });
  expect(await reached(one)).toBe('reset: no target');
  await comesUp(port);
  await until('the target to be used again', async () => (await reached(one)) === 'up');
});
