import { expect, it, vi } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { TargetServer } from '../contract/peer.ts';
import { until } from '../helpers/until.ts';
import { controlled, request } from './controlled.ts';
import { freePort, listenerTo } from './gateway-fixture.ts';

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
