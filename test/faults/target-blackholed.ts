import type { Fault } from './fault.ts';
import { openNetwork, targetHosts } from './network.ts';

/** Packets to the target vanish. */
export const targetBlackholed: Fault = {
  name: 'target-blackholed',
  title: 'target blackholes (packets dropped)',
  load: '500 clients at once; `dial` 5 s',
  expected: 'each is reset after `dial`, recorded as `dial timed out`; the next client after the fault is served',
  needs: ['root', 'namespaces', 'iptables'],
  async run(fixture) {
    const count = fixture.pick({ ci: 50, full: 500 });
    const dial = fixture.pick({ ci: 1_000, full: 5_000 });
    const network = await openNetwork(fixture);
    const at = { host: targetHosts[0], port: 7_001 };
    await fixture.target({ kind: 'echo' }, network.targets, at);
    const healthy = await fixture.target({ kind: 'echo' }, network.targets, { host: targetHosts[1], port: 7_002 });
    const { gateway, listeners } = await fixture.forwards([at, healthy.at], {
      args: ['--dial-timeout', `${dial}ms`],
      inside: network.gateway,
    });
    const neighbour = await fixture.neighbour(listeners[1], { wrap: network.gateway });
    await network.drop(at);
    const clients = fixture.clients(network.gateway);
    const patience = dial + 20_000;
    const seen = await clients.ask('attempt', { to: [listeners[0]], count, atOnce: count, patience });
    fixture.check('every client was reset', seen.counts.ECONNRESET === count, seen.counts);
    fixture.check('none before its time', seen.longest >= dial * 0.75, Math.round(seen.longest));
    fixture.checkFigure('none more than 2 s late', seen.longest <= dial + 2_500, Math.round(seen.longest));
    await gateway.recorded({ 'dial timed out': count });
    fixture.saw(`${count} reset, the last after ${(seen.longest / 1_000).toFixed(1)} s`);
    await network.accept(at);
    const after = await clients.ask('attempt', { to: [listeners[0]], count: 1, atOnce: 1, patience });
    fixture.check('the next client is served', after.counts.echo === 1, after.counts);
    await fixture.over(gateway, neighbour);
  },
};
