import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { openNetwork, targetHosts } from './network.ts';

/** Clients go while their target has not answered yet. */
export const clientResetsWhileDialing: Fault = {
  name: 'client-resets-while-dialing',
  title: 'client resets while dialing',
  load: '500 clients, all of which reset before a blackholed target answers; `dial` 1 min',
  expected: 'each dial ends with its client, `client reset`; once packets flow again, not one connection arrives',
  needs: ['root', 'namespaces', 'iptables'],
  async run(fixture) {
    const count = fixture.pick({ ci: 50, full: 500 });
    const network = await openNetwork(fixture);
    const at = { host: targetHosts[0], port: 7_001 };
    const target = await fixture.target({ kind: 'echo' }, network.targets, at);
    const healthy = await fixture.target({ kind: 'echo' }, network.targets, { host: targetHosts[1], port: 7_002 });
    const { gateway, listeners } = await fixture.forwards([at, healthy.at], {
      args: ['--dial-timeout', '1m'],
      inside: network.gateway,
    });
    const neighbour = await fixture.neighbour(listeners[1], { wrap: network.gateway });
    await network.drop(at);
    const before = gateway.descriptors();
    const clients = fixture.clients(network.gateway);
    await clients.ask('connect', { to: [listeners[0]], count });
    await until('every dial under way', () => gateway.descriptors() >= before + 2 * count);
    await clients.ask('leave', { by: 'reset' });
    const left = performance.now();
    await until('every dial given up', () => gateway.descriptors() <= before);
    const took = performance.now() - left;
    await gateway.recorded({ 'client reset': count });
    await network.accept(at);
    // SYNs are sent again after 1 s and 3 s (tcp_syn_retries): an orphan would show.
    await gateway.busy(fixture.pick({ ci: 1_500, full: 4_500 }));
    const { accepted } = await target.agent.ask('counts', null);
    fixture.check('no orphan arrived at the target', accepted === 0, accepted);
    fixture.saw(`${count} dials given up within ${Math.round(took)} ms; ${accepted} orphans`);
    await fixture.over(gateway, neighbour);
  },
};
