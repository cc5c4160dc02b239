import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { noSlot } from '../../src/base/slot-list.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { SessionSnapshot } from '../../src/session/session-events.ts';
import type { LiveSession } from '../../src/session/session-table.ts';
import { TargetServer } from '../contract/peer.ts';
import { until } from '../helpers/until.ts';
import { controlled, request } from './controlled.ts';
import { freePort, listenerTo, planOf, start } from './gateway-fixture.ts';

it('makes changes one at a time, and takes signals that come meanwhile together', async () => {
  const server = await TargetServer.open();
  const { changes, control, state } = await controlled([listenerTo(server, await freePort())]);
  for (let signal = 0; signal < 50; signal += 1) changes.reloadSoon('signal');
  await Promise.all([control.reload(request), control.reload(request)]);
  expect(state.asked).toHaveLength(3);
});

it('adds forwards that survive reloads, go by themselves, or are removed', async () => {
  const server = await TargetServer.open();
  const first = [listenerTo(server, await freePort())];
  const { control, state } = await controlled(first);
  expect(await control.addForwards({ forwards: ['8080=10.0.0.5:80'] })).toMatchObject({ ok: true });
  expect(await control.addForwards({ forwards: [':9000=10.0.0.5:80'], forMs: 50 })).toMatchObject({ ok: true });
  await control.reload(request);
  expect(state.asked.slice(0, 3)).toEqual([
    'as applied: 8080=10.0.0.5:80',
    'as applied: 8080=10.0.0.5:80 :9000=10.0.0.5:80',
    'read again: 8080=10.0.0.5:80 :9000=10.0.0.5:80',
  ]);
  await until('the end of a forward', () => state.asked.at(-1) === 'as applied: 8080=10.0.0.5:80');
  expect(await control.removeForwards({ listen: ['9000'] })).toMatchObject({ ok: false, refusal: { status: 404 } });
  expect(await control.removeForwards({ listen: [':8080'] })).toMatchObject({ ok: true });
  expect(state.asked.at(-1)).toBe('as applied: ');
  state.problems = [{ place: { kind: 'flag', name: '8080' }, message: 'Cannot read a forward' }];
  expect(await control.addForwards({ forwards: ['8080'] })).toMatchObject({ ok: false, refusal: { status: 422 } });
  state.problems = [];
  await control.reload(request);
  expect(state.asked.at(-1)).toBe('read again: ');
});

it('tries again to remove a forward whose time is over', async () => {
  const server = await TargetServer.open();
  const { control, state } = await controlled([listenerTo(server, await freePort())]);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await control.addForwards({ forwards: ['8080=10.0.0.5:80'], forMs: 50 });
    state.problems = [{ place: { kind: 'flag', name: '--subnet' }, message: 'Cannot read a subnet' }];
    await vi.advanceTimersByTimeAsync(50);
    expect((await control.status()).reloads).toMatchObject({ refused: 1, last: [{ trigger: 'expiry' }, {}] });
    state.problems = [];
    await vi.advanceTimersByTimeAsync(60_000);
  } finally {
    vi.useRealTimers();
  }
  expect(await control.removeForwards({ listen: ['8080'] })).toMatchObject({ ok: false, refusal: { status: 404 } });
});

it('lives on where a change that nobody waits for meets a bug, and makes the next one', async () => {
  const server = await TargetServer.open();
  const { changes, control, state, logged } = await controlled([listenerTo(server, await freePort())]);
  const { next } = state;
  state.next = { ...next, listeners: undefined as unknown as Plan['listeners'] };
  changes.reloadSoon('signal');
  await until('the line', () => logged.some(({ msg }) => msg === 'a change has met a bug; the gateway goes on'));
  state.next = next;
  expect(await control.reload(request)).toMatchObject({ ok: true });
});

it('names listeners that were skipped, and are open after a reload that finds nothing else', async () => {
  const server = await TargetServer.open();
  const [free, busy] = [listenerTo(server, await freePort()), listenerTo(server, await freePort())];
  const holder = await start(planOf([busy]));
  const { control, logged } = await controlled([free, busy], 'skip');
  if (holder.started.kind === 'started') await holder.started.gateway.close();
  expect(await control.reload(request)).toMatchObject({
    ok: true,
    value: { outcome: 'applied', changes: [{ kind: 'added', what: 'listeners' }], skipped: [] },
  });
  expect(logged.at(-1)?.msg).toBe('configuration reloaded: 1 skipped listener opened');
});

it('logs that a signal changes nothing any more once the gateway drains', async () => {
  const server = await TargetServer.open();
  const { changes, gateway, logged } = await controlled([listenerTo(server, await freePort())]);
  await gateway.drain();
  changes.reloadSoon('signal');
  await until('the line', () => logged.some(({ msg }) => /^Cannot change anything: /.test(String(msg))));
});

it('ends thousands of sessions of removed listeners with turns of the loop in between', async () => {
  const server = await TargetServer.open();
  const [kept, gone] = [listenerTo(server, await freePort()), listenerTo(server, await freePort())];
  const { control, state, gateway } = await controlled([kept, gone]);
  const { table } = gateway;
  const turns = new Set<number>();
  let turn = 0;
  for (let id = 0; id < 2_000; id += 1) {
    const session: LiveSession = {
      slot: noSlot,
      id,
      listener: gone,
      reason: undefined,
      bytesToTarget: 0,
      bytesToClient: 0,
      snapshot: () => ({}) as SessionSnapshot,
      restore() {},
      kill() {
        turns.add(turn);
        table.delete(session);
      },
    };
    table.add(session);
  }
  state.next = planOf([kept]);
  const counting = (async () => {
    for (; table.size > 0; turn += 1) await nextTurn();
  })();
  expect(await control.reload({ ...request, cutRemoved: true })).toMatchObject({ ok: true });
  await counting;
  expect(turns.size).toBeGreaterThan(4);
});
