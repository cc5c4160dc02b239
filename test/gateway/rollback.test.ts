import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts';
import { makeParts } from '../../src/gateway/gateway-parts.ts';
import { Listener } from '../../src/gateway/listener.ts';
import { ListenerSet } from '../../src/gateway/listener-set.ts';
import type { PlannedListener } from '../../src/plan/plan.ts';
import { TargetServer } from '../contract/peer.ts';
import { freePort, listenerTo, planOf } from './gateway-fixture.ts';

/** A gateway whose listeners fail to open where `busy` has their key. */
async function gatewayWith(listeners: readonly PlannedListener[], busyPorts: GatewayOptions['busyPorts']) {
  const busy = new Set<string>();
  const logger = pino({ level: 'silent' });
  const options = { logger, observer: { wants: 'bugs', opened() {}, closed() {} }, busyPorts } as const;
  const plan = planOf(listeners);
  const parts = await makeParts(plan, options);
  class Busy extends Listener {
    override async open(): Promise<string | undefined> {
      return busy.has(this.planned.key) ? 'EMFILE' : await super.open();
    }
  }
  const set = new ListenerSet((planned) => new Busy(planned, parts.context, () => {}));
  const gateway = new Gateway(plan, { ...parts, listeners: set }, options);
  onTestFinished(() => gateway.close());
  return { gateway, busy };
}

function boundAt(listener: PlannedListener, address: string): PlannedListener {
  const bind = { ...listener.bind, address };
  return { ...listener, bind, key: `${address}:${bind.port}` };
}

it('opens a listener that was lost in a failed change at the next change', async () => {
  const server = await TargetServer.open();
  const wide = boundAt(listenerTo(server, await freePort()), '0.0.0.0');
  const narrow = boundAt(wide, '127.0.30.7');
  const { gateway, busy } = await gatewayWith([wide], 'fail');
  expect(await gateway.start()).toBeUndefined();
  busy.add(narrow.key).add(wide.key);
  expect(await gateway.apply(planOf([narrow]))).toMatchObject({
    kind: 'failed',
    failures: [{ listeners: [{ key: narrow.key }] }],
    lost: [{ listeners: [{ key: wide.key }] }],
  });
  expect(gateway).toMatchObject({ served: 0, skipped: [{ listeners: [{ key: wide.key }] }] });
  busy.clear();
  expect(await gateway.apply(gateway.plan)).toMatchObject({ kind: 'applied' });
  expect(gateway).toMatchObject({ served: 1, skipped: [] });
});

it('leaves out a busy port whose old listener was left out, too, and changes the others', async () => {
  const server = await TargetServer.open();
  const [free, taken] = [listenerTo(server, await freePort()), listenerTo(server, await freePort())];
  const wide = [boundAt(free, '0.0.0.0'), boundAt(taken, '0.0.0.0')] as const;
  const { gateway, busy } = await gatewayWith(wide, 'skip');
  busy.add(wide[1].key).add(taken.key);
  expect(await gateway.start()).toBeUndefined();
  expect(gateway.served).toBe(1);
  expect(await gateway.apply(planOf([free, taken]))).toMatchObject({ kind: 'applied' });
  expect(gateway.isOpen(free.key)).toBe(true);
  expect(gateway.skipped).toMatchObject([{ listeners: [{ key: taken.key }] }]);
});
