import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { sessionQuerySchema, statusSchema, targetQuerySchema } from '../../src/admin/schemas.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { Peer, TargetServer } from '../contract/peer.ts';
import { isRefused } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';
import { controlled, request, session } from './controlled.ts';
import { busyPort, freePort, gatewayAddress, listenerTo, planOf, testedEngine } from './gateway-fixture.ts';

it('shows a change with the sessions that it concerns, and then makes it', async () => {
  const server = await TargetServer.open();
  const [kept, gone, added] = [await freePort(), await freePort(), await freePort()];
  const { control, state, logged } = await controlled([listenerTo(server, kept), listenerTo(server, gone)]);
  await session(gone, server);
  state.next = planOf([listenerTo(server, kept), listenerTo(server, added)]);
  state.warnings = ['--idle-timeout hides timeouts.idle'];
  const expected = {
    changes: [
      {
        kind: 'added',
        what: 'listeners',
        detail: expect.stringContaining(`port ${added} on this machine alone to`),
        sessions: 0,
      },
      {
        kind: 'removed',
        what: 'listeners',
        detail: expect.stringContaining(`port ${gone} on this machine alone to`),
        sessions: 1,
      },
    ],
    warnings: state.warnings,
  };
  expect(await control.reload({ ...request, dryRun: true })).toMatchObject({
    ok: true,
    value: { outcome: 'dry run', ...expected },
  });
  expect(await isRefused(added, gatewayAddress)).toBe(true);
  expect(state.accepted).toBe(0);
  expect(await control.reload(request)).toMatchObject({ ok: true, value: { outcome: 'applied', ...expected } });
  expect(await control.reload(request)).toMatchObject({ ok: true, value: { outcome: 'unchanged', changes: [] } });
  expect(state).toMatchObject({ accepted: 2, asked: Array(3).fill('read again: ') });
  expect(logged.map(({ msg }) => msg)).toEqual([
    '--idle-timeout hides timeouts.idle',
    'configuration reloaded: 1 listener added, 1 listener removed',
    '--idle-timeout hides timeouts.idle',
    'configuration reloaded: nothing has changed',
  ]);
  const { reloads } = await control.status();
  expect(reloads).toMatchObject({ applied: 2, refused: 0, last: [{ outcome: 'unchanged' }, { outcome: 'applied' }] });
});

it('refuses problems, busy ports and what needs a restart; counts and logs them', async () => {
  const server = await TargetServer.open();
  const { control, state, gateway, logged } = await controlled([listenerTo(server, await freePort())]);
  const first = gateway.plan;
  const sourceLine = 'engine: warp';
  const place = { kind: 'file', file: 'gateway.yaml', line: 3, column: 9, length: 4, sourceLine } as const;
  state.problems = [{ place, message: 'Cannot read engine: current value is "warp"; write auto, splice or stream' }];
  expect(await control.reload(request)).toMatchObject({
    ok: false,
    refusal: {
      status: 422,
      problems: [{ place: 'gateway.yaml:3:9', text: expect.stringContaining('engine: warp\n') }],
    },
  });
  state.problems = [];
  const busy = await busyPort();
  state.next = planOf([listenerTo(server, busy)]);
  expect(await control.reload(request)).toMatchObject({
    ok: false,
    refusal: { status: 422, problems: [{ message: expect.stringContaining(`:${busy}`) }] },
  });
  const engine = { name: testedEngine === 'splice' ? 'stream' : 'splice', why: 'asked for' } as const;
  state.next = { ...first, engine };
  expect(await control.reload(request)).toMatchObject({
    ok: false,
    refusal: { status: 422, problems: [{ place: '--engine', message: expect.stringContaining('needs a restart') }] },
  });
  expect(gateway.plan).toBe(first);
  expect((await control.status()).reloads).toMatchObject({ applied: 0, refused: 3 });
  expect(logged.filter(({ level }) => level === 50).length).toBeGreaterThanOrEqual(3);
});

it('ends the sessions of a listener that was removed earlier, where that is wanted later', async () => {
  const server = await TargetServer.open();
  const [kept, gone] = [await freePort(), await freePort()];
  const { control, state, gateway } = await controlled([listenerTo(server, kept), listenerTo(server, gone)]);
  const [client] = await session(gone, server);
  state.next = planOf([listenerTo(server, kept)]);
  await control.reload(request);
  expect(gateway.table.size).toBe(1);
  await control.reload({ ...request, cutRemoved: true });
  expect(await client.ending).toBe('reset');
});

it('lists sessions by what they fit, sorted and in pages, and ends them', async () => {
  const server = await TargetServer.open();
  const [one, two] = [await freePort(), await freePort()];
  const { control, gateway } = await controlled([listenerTo(server, one), listenerTo(server, two)]);
  const peers = [await session(one, server), await session(one, server), await session(two, server)] as const;
  const list = async (query: object) => {
    const answer = await control.sessions(sessionQuerySchema.parse(query));
    return answer.ok ? answer.value.rows.map(({ id }) => id) : answer.refusal.status;
  };
  expect(await list({})).toEqual([1, 2, 3]);
  expect(await list({ order: 'desc' })).toEqual([3, 2, 1]);
  expect(await list({ page: 2 })).toEqual([]);
  expect(await list({ id: 2 })).toEqual([2]);
  const { localPort } = peers[1][0].socket;
  expect(await list({ client: `127.0.0.1:${localPort}` })).toEqual([2]);
  expect(await list({ client: '127.0.0.0/8', state: 'relaying' })).toEqual([1, 2, 3]);
  expect(await list({ client: '127.0.0.9' })).toEqual([]);
  expect(await list({ client: 'nobody' })).toBe(400);
  expect(await list({ client: '127.0.0.1/99' })).toBe(400);
  expect(await list({ target: '127.0.0.1' })).toEqual([1, 2, 3]);
  expect(await list({ target: `127.0.0.1:${server.port}`, service: `to ${server.port}` })).toEqual([1, 2, 3]);
  expect(await list({ host: 16 })).toEqual([]);
  await peers[2][1].send('a lot');
  await peers[2][0].has(5);
  expect(await list({ sort: 'bytes', order: 'desc' })).toEqual([3, 2, 1]);

  expect(await control.endSessions({})).toMatchObject({ ok: false, refusal: { status: 400 } });
  expect(await control.endSessions({ id: 99 })).toMatchObject({ ok: false, refusal: { status: 404 } });
  expect(await control.endSessions({ id: 2 })).toEqual({ ok: true, value: { ended: 1 } });
  expect(await peers[1][0].ending).toBe('reset');
  expect(await control.endSessions({ client: '127.0.0.1' })).toEqual({ ok: true, value: { ended: 2 } });
  await until('the end of all', () => gateway.table.size === 0);
  expect(gateway.endings()).toEqual({ killed: 3 });
});

it('takes a target out and in again, across reloads; its sessions live on', async () => {
  const server = await TargetServer.open();
  const port = await freePort();
  const { control, gateway, records } = await controlled([listenerTo(server, port)]);
  const [client, target] = await session(port, server);
  const what = `127.0.0.1:${server.port}`;
  const states = async () => {
    const answer = await control.targets(targetQuerySchema.parse({}));
    return answer.ok ? answer.value.rows.map(({ state }) => state) : [];
  };
  expect(await control.takeOut({ what: '10.9.9.9', state: 'out' })).toMatchObject({ refusal: { status: 404 } });
  expect(await control.takeOut({ what, state: 'in' })).toMatchObject({ refusal: { status: 404 } });
  expect(await control.takeOut({ what: '127.0.0.1', state: 'out' })).toMatchObject({
    ok: true,
    value: { changed: ['127.0.0.1'], out: [{ what: '127.0.0.1', targets: 1, sessions: 1 }] },
  });
  expect(await states()).toEqual(['out']);
  expect(await control.takeOut({ what, state: 'in' })).toMatchObject({ refusal: { status: 409 } });
  await control.reload(request);
  const turned = new Peer(connect({ port, host: gatewayAddress, allowHalfOpen: true }));
  expect(await turned.ending).toBe('reset');
  expect((await records.next()).reason).toBe('no target');
  await target.send('lives on');
  await client.has(8);
  expect(statusSchema.parse(await control.status()).out).toHaveLength(1);
  expect(await control.takeOut({ what: '127.0.0.1', state: 'in' })).toMatchObject({ ok: true, value: { out: [] } });
  await session(port, server);
  expect(gateway.table.size).toBe(2);
});

it('begins a drain as configured, and refuses changes from then on', async () => {
  const server = await TargetServer.open();
  const { control, gateway, state } = await controlled([listenerTo(server, await freePort())]);
  expect(control.readiness()).toBe('ready');
  await control.drain({});
  expect(state.drained).toEqual([gateway.plan.drain]);
  expect(control.readiness()).toBe('draining');
  expect(await control.reload(request)).toMatchObject({ ok: false, refusal: { status: 409 } });
});

it('says how long a drain may take, which a further request can only shorten', async () => {
  const server = await TargetServer.open();
  const port = await freePort();
  const { control, gateway, state } = await controlled([listenerTo(server, port)]);
  const [client] = await session(port, server);
  const drain = async (how: Parameters<typeof control.drain>[0]) => {
    const answer = await control.drain(how);
    if (!answer.ok) throw new Error(answer.refusal.detail);
    const { graceMs, sessionsMs } = answer.value;
    return { graceS: Math.ceil(graceMs / 1_000), sessionsS: sessionsMs && Math.ceil(sessionsMs / 1_000) };
  };
  expect(await drain({ graceMs: 50_000, until: 'empty' })).toEqual({ graceS: 50, sessionsS: undefined });
  expect(await drain({ graceMs: 20_000, sessionsMs: 70_000 })).toEqual({ graceS: 20, sessionsS: 70 });
  expect(await drain({ graceMs: 60_000, until: 'empty' })).toEqual({ graceS: 20, sessionsS: 70 });
  expect(await drain({ graceMs: 0, sessionsMs: 30_000 })).toEqual({ graceS: 0, sessionsS: 30 });
  expect(await drain({ graceMs: 9_000, sessionsMs: 90_000 })).toEqual({ graceS: 0, sessionsS: 30 });
  expect(state.drained.at(-1)).toEqual({ grace: 9_000, sessions: 90_000, until: 'deadline' });
  client.reset();
  await gateway.close();
});

it('sets the log level, which a reload leaves alone unless its own has changed', async () => {
  const server = await TargetServer.open();
  const { control, log, state } = await controlled([listenerTo(server, await freePort())]);
  await control.setLogLevel({ level: 'debug' });
  await control.reload(request);
  expect(log.level).toBe('debug');
  const next: Plan = { ...state.next, log: { ...state.next.log, level: 'warn' } };
  state.next = next;
  await control.reload(request);
  expect(log.level).toBe('warn');
  expect((await control.status()).logLevel).toBe('warn');
});
