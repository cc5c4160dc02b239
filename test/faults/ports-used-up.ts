import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { percent } from './percent.ts';

const ports = 20;
const listenersToIt = 4;

/** The range of outgoing ports is too small for what is dialed. */
export const portsUsedUp: Fault = {
  name: 'ports-used-up',
  title: 'ephemeral ports used up (EADDRNOTAVAIL)',
  load: '20 outgoing ports (network namespace), 80 clients through 4 listeners to one target, held; then 400 more',
  expected: 'clients without a port are reset and recorded as `exhausted`; no spin; served again once ports are free',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const namespace = fixture.workshop.namespace('gateway');
    const inside = ['ip', 'netns', 'exec', namespace];
    await fixture.mustRun('ip', 'netns', 'add', namespace);
    await fixture.mustRun('ip', '-netns', namespace, 'link', 'set', 'lo', 'up');
    const range = `echo 40000 ${40_000 + ports - 1} > /proc/sys/net/ipv4/ip_local_port_range`;
    await fixture.mustRun('ip', 'netns', 'exec', namespace, 'sh', '-c', range);
    const target = await fixture.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_001 });
    const healthy = await fixture.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_002 });
    const { gateway, listeners } = await fixture.forwards(
      [healthy.at, ...Array.from({ length: listenersToIt }, () => target.at)],
      {
        inside,
      },
    );
    const [quiet, ...faulty] = listeners;
    if (quiet === undefined) throw new Error('Cannot go on: no listener was opened');
    const neighbour = await fixture.neighbour(quiet, { wrap: inside, pause: 20 });
    // The clients of one listener have all 20 ports, and so has the gateway to one target.
    const clients = fixture.clients(inside);
    const wanted = ports * listenersToIt;
    await clients.ask('connect', { to: faulty, count: wanted });
    await gateway.recorded({ exhausted: wanted - ports });
    await until(
      'a reset for each of the others',
      async () => (await clients.ask('kept', null)).ECONNRESET === wanted - ports,
    );
    const busy = await gateway.busy(fixture.pick({ ci: 500, full: 5_000 }));
    fixture.check('it does not spin', busy < 0.5, percent(busy));
    const more = fixture.pick({ ci: 40, full: 400 });
    const others = fixture.clients(inside);
    const seen = await others.ask('attempt', { to: faulty.slice(1), count: more, atOnce: 3, patience: 20_000 });
    await gateway.recorded({ exhausted: wanted - ports + more });
    fixture.check('later clients are reset, too', seen.counts.ECONNRESET === more, seen.counts);
    const freed = performance.now();
    await clients.ask('leave', { by: 'reset' });
    await until('a client served again', async () => {
      const { counts } = await others.ask('attempt', {
        to: [faulty[0] ?? quiet],
        count: 1,
        atOnce: 1,
        patience: 5_000,
      });
      return counts.echo === 1;
    });
    fixture.saw(`${ports} of ${wanted} served, ${wanted - ports + more} exhausted; CPU while full ${percent(busy)}`);
    fixture.saw(`served again ${Math.round(performance.now() - freed)} ms after the others left`);
    await fixture.over(gateway, neighbour);
  },
};
