import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { Applied, Gateway } from '../../src/gateway/gateway.ts';
import type { Plan, PlannedListener } from '../../src/plan/plan.ts';
import { connectPeer, type Ending, Peer, TargetServer } from '../contract/peer.ts';
import { plannedListener, plannedPool, plannedRules, plannedTarget, planOfListeners } from '../helpers/planned.ts';
import { isRefused } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';
import { busyPort, freePort, gatewayAddress, listenerTo, planOf, start, testedEngine } from './gateway-fixture.ts';

async function started(plan: Plan, busyPorts: 'fail' | 'skip' = 'fail') {
  const { started, records, logged } = await start(plan, busyPorts);
  if (started.kind !== 'started') throw new Error('the gateway has not started');
  return { gateway: started.gateway, records, logged };
}

/** A session that relays: both of its ends. */
async function session(port: number, server: TargetServer, address = gatewayAddress): Promise<[Peer, Peer]> {
  const [client, target] = await Promise.all([connectPeer(port, address), server.peers.next()]);
  await client.send('x');
  await target.has(1);
  return [client, target];
}

/** How a client ends. Where it is reset at once, its `connect` may never be seen. */
function endingOf(port: number): Promise<Ending> {
  return new Peer(connect({ port, host: gatewayAddress, allowHalfOpen: true })).ending;
}

async function passes([client, target]: [Peer, Peer]): Promise<void> {
  const before = client.received;
  await target.send('y');
  await client.has(before + 1);
}

async function apply(gateway: Gateway, plan: Plan, removed: 'live on' | 'end' = 'live on'): Promise<Applied['kind']> {
  return (await gateway.apply(plan, removed)).kind;
}

function boundAt(listener: PlannedListener, address: string): PlannedListener {
  const bind = { ...listener.bind, address };
  return { ...listener, bind, key: `${address}:${bind.port}` };
}

it('adds and removes listeners; sessions of removed ones live on', async () => {
  const servers = [await TargetServer.open(), await TargetServer.open()] as const;
  const [kept, removed, added] = [await freePort(), await freePort(), await freePort()];
  const { gateway } = await started(planOf([listenerTo(servers[0], kept), listenerTo(servers[1], removed)]));
  const sessions = [await session(kept, servers[0]), await session(removed, servers[1])] as const;
  expect(await apply(gateway, planOf([listenerTo(servers[0], kept), listenerTo(servers[1], added)]))).toBe('applied');
  expect(await isRefused(removed, gatewayAddress)).toBe(true);
  for (const one of sessions) await passes(one);
  await passes(await session(added, servers[1]));
  expect(gateway).toMatchObject({ served: 2, state: 'serving' });
  expect(gateway.table.size).toBe(3);
});

it('ends the sessions of removed listeners, and no others, where that is wanted', async () => {
  const server = await TargetServer.open();
  const [kept, removed] = [await freePort(), await freePort()];
  const { gateway, records } = await started(planOf([listenerTo(server, kept), listenerTo(server, removed)]));
  const one = await session(kept, server);
  const [client] = await session(removed, server);
  expect(await apply(gateway, planOf([listenerTo(server, kept)]), 'end')).toBe('applied');
  expect(await client.ending).toBe('reset');
  expect(await records.next()).toMatchObject({ reason: 'killed', listener: `${gatewayAddress}:${removed}` });
  await passes(one);
});

it('changes the pool of a listener for new sessions; a target that leaves keeps those it has', async () => {
  const servers = [await TargetServer.open(), await TargetServer.open()] as const;
  const port = await freePort();
  const bind = { address: gatewayAddress, port, dualStack: false };
  const to = (server: TargetServer) =>
    planOfListeners(testedEngine, [plannedListener(bind, plannedPool([plannedTarget(server.port)]))]);
  const { gateway } = await started(to(servers[0]));
  const before = await session(port, servers[0]);
  expect(await apply(gateway, to(servers[1]))).toBe('applied');
  await passes(await session(port, servers[1]));
  await passes(before);
  // Back again: the session that stayed with it is counted.
  expect(await apply(gateway, to(servers[0]))).toBe('applied');
  expect(gateway.routes.poolsOf(gateway.plan.listeners)[0]?.pool.targets[0]?.sessions).toBe(1);
});

it('keeps counting sessions when limits change, and holds new clients to the new ones', async () => {
  const server = await TargetServer.open();
  const port = await freePort();
  const bind = { address: gatewayAddress, port, dualStack: false };
  const listener = plannedListener(bind, plannedPool([plannedTarget(server.port)]));
  const limited = (limits: object) => planOfListeners(testedEngine, [listener], plannedRules({ limits }));
  const { gateway } = await started(limited({}));
  const sessions = [await session(port, server), await session(port, server)] as const;
  for (const limits of [
    { sessions: 2 },
    { perTarget: 2 },
    { perSource: { sessions: 2, ipv4Prefix: 32, ipv6Prefix: 64 } },
    { perSource: { sessions: 2, ipv4Prefix: 8, ipv6Prefix: 64 } },
  ]) {
    expect(await apply(gateway, limited(limits))).toBe('applied');
    expect(await endingOf(port)).toBe('reset');
  }
  sessions[0][0].reset();
  await until('the end of one session', () => gateway.table.size === 1);
  await passes(await session(port, server));
  expect(await apply(gateway, limited({}))).toBe('applied');
  await passes(await session(port, server));
});

it('leaves clients that wait for room in their places, and lets them in where a plan has more', async () => {
  const server = await TargetServer.open();
  const [port, other] = [await freePort(), await freePort()];
  const withRoom = (sessions: number, ...ports: number[]): Plan => {
    const plan = planOf(ports.map((one) => listenerTo(server, one)));
    return { ...plan, limits: { ...plan.limits, sessions } };
  };
  const { gateway } = await started(withRoom(1, port));
  const first = await session(port, server);
  const waiting = await connectPeer(port, gatewayAddress);
  await waiting.send('waits');
  expect(await apply(gateway, withRoom(1, port, other))).toBe('applied');
  await passes(first);
  expect(gateway.table.size).toBe(1);
  expect(await apply(gateway, withRoom(2, port))).toBe('applied');
  await (await server.peers.next()).has('waits'.length);
  await passes(first);
});

it('keeps what is known of targets and sources: one that is passed over, and one that owes tokens', async () => {
  const server = await TargetServer.open();
  const [port, other] = [await freePort(), await freePort()];
  const bind = { address: gatewayAddress, port, dualStack: false };
  // It is tried first by each session, and refuses; three of them put it out.
  const refusing = plannedTarget(await freePort(), { weight: 100 });
  const listener = plannedListener(bind, plannedPool([refusing, plannedTarget(server.port)]));
  const rate = { sessions: 1, per: 3_600_000, burst: 4 };
  const limits = { perSource: { rate, ipv4Prefix: 32, ipv6Prefix: 64 } };
  const first = planOfListeners(testedEngine, [listener], plannedRules({ limits }));
  const { gateway } = await started(first);
  const states = () => gateway.routes.poolsOf([listener])[0]?.pool.targets.map(({ health }) => health.state);
  for (let nth = 0; nth < 4; nth += 1) await session(port, server);
  expect(states()).toEqual(['paused', 'in']);
  const more = { ...listenerTo(server, other), rules: listener.rules };
  expect(await apply(gateway, { ...first, listeners: [listener, more] })).toBe('applied');
  expect(states()).toEqual(['paused', 'in']);
  expect(await endingOf(port)).toBe('reset');
});

it('changes access for new clients alone', async () => {
  const server = await TargetServer.open();
  const port = await freePort();
  const bind = { address: gatewayAddress, port, dualStack: false };
  const listener = plannedListener(bind, plannedPool([plannedTarget(server.port)]));
  const allowing = (allow: string[]) =>
    planOfListeners(testedEngine, [listener], plannedRules({ access: { allow, deny: [] } }));
  const { gateway } = await started(allowing(['0.0.0.0/0']));
  const before = await session(port, server);
  expect(await apply(gateway, allowing(['192.0.2.0/24']))).toBe('applied');
  expect(await endingOf(port)).toBe('reset');
  await passes(before);
});

it('changes nothing where a new listener cannot be bound, and leaves it out where busy ports are skipped', async () => {
  const server = await TargetServer.open();
  const [kept, removed, added, busy] = [await freePort(), await freePort(), await freePort(), await busyPort()];
  const first = planOf([listenerTo(server, kept), listenerTo(server, removed)]);
  const next = planOf([kept, added, busy].map((port) => listenerTo(server, port)));
  const one = await started(first);
  const applied = await one.gateway.apply(next);
  expect(applied).toMatchObject({
    kind: 'failed',
    failures: [{ code: 'EADDRINUSE', listeners: [{ bind: { port: busy } }] }],
  });
  expect(await isRefused(added, gatewayAddress)).toBe(true);
  for (const port of [kept, removed]) await passes(await session(port, server));
  expect(one.gateway.plan).toBe(first);
  await one.gateway.close();

  const other = await started(first, 'skip');
  expect(await apply(other.gateway, next)).toBe('applied');
  expect(other.gateway).toMatchObject({ served: 2, skipped: [{ code: 'EADDRINUSE' }] });
  await passes(await session(added, server));
});

it('tries skipped ports again at each change', async () => {
  const server = await TargetServer.open();
  const [free, busy] = [await freePort(), await freePort()];
  const plan = planOf([listenerTo(server, free), listenerTo(server, busy)]);
  const holder = await started(planOf([listenerTo(server, busy)]));
  const { gateway } = await started(plan, 'skip');
  expect(gateway.served).toBe(1);
  await holder.gateway.close();
  expect(await apply(gateway, plan)).toBe('applied');
  expect(gateway).toMatchObject({ served: 2, skipped: [] });
  await passes(await session(busy, server));
});

it('replaces a listener by one that its own socket is in the way of, and back', async () => {
  const server = await TargetServer.open();
  const narrow = listenerTo(server, await freePort());
  const wide = boundAt(narrow, '0.0.0.0');
  const { gateway } = await started(planOf([narrow]));
  const before = await session(narrow.bind.port, server);
  expect(await apply(gateway, planOf([wide]))).toBe('applied');
  await passes(await session(narrow.bind.port, server, '127.0.30.9'));
  expect(await apply(gateway, planOf([narrow]))).toBe('applied');
  expect(await isRefused(narrow.bind.port, '127.0.30.9')).toBe(true);
  await passes(await session(narrow.bind.port, server));
  await passes(before);
});

it('has its old listener back where the one that replaces it cannot be bound', async () => {
  const server = await TargetServer.open();
  const wide = boundAt(listenerTo(server, await freePort()), '0.0.0.0');
  // 192.0.2.1 is for documentation (RFC 5737): no machine has it.
  const { gateway } = await started(planOf([wide]));
  const before = await session(wide.bind.port, server, '127.0.0.1');
  const applied = await gateway.apply(planOf([boundAt(wide, '192.0.2.1')]));
  expect(applied).toMatchObject({ kind: 'failed', failures: [{ code: 'EADDRNOTAVAIL' }] });
  await passes(await session(wide.bind.port, server, '127.0.0.1'));
  await passes(before);
});

it('gives a listener to another forward, and counts its sessions on', async () => {
  const servers = [await TargetServer.open(), await TargetServer.open()] as const;
  const port = await freePort();
  const one = listenerTo(servers[0], port);
  const other = listenerTo(servers[1], port);
  const { gateway } = await started(planOf([one]));
  const before = await session(port, servers[0]);
  expect(await apply(gateway, planOf([other]))).toBe('applied');
  await passes(await session(port, servers[1]));
  await passes(before);
  expect(gateway.routes.sessionsThrough(one.key)).toBe(2);
});

it('refuses what needs a restart, and any change once it drains', async () => {
  const server = await TargetServer.open();
  const plan = planOf([listenerTo(server, await freePort())]);
  const { gateway } = await started(plan);
  const name = testedEngine === 'splice' ? 'stream' : 'splice';
  const other: Plan = { ...plan, engine: { name, why: 'asked for' } };
  expect(await gateway.apply(other)).toMatchObject({ kind: 'needs restart', settings: [{ name: 'engine' }] });
  const drained = gateway.drain();
  expect(await apply(gateway, plan)).toBe('ending');
  await drained;
});

it('lets a drain begin during a change: no listener is left', async () => {
  const server = await TargetServer.open();
  const ports = await Promise.all(Array.from({ length: 40 }, () => freePort()));
  const { gateway } = await started(planOf([listenerTo(server, await freePort())]));
  const change = gateway.apply(planOf(ports.map((port) => listenerTo(server, port))));
  const drained = gateway.drain();
  expect((await change).kind).toBe('ending');
  await drained;
  for (const port of ports) expect(await isRefused(port, gatewayAddress)).toBe(true);
});
