import { fileURLToPath } from 'node:url';
import type { Fault } from './fault.ts';

const withoutIpv6 = fileURLToPath(new URL('./agents/without-ipv6.js', import.meta.url));

/** The kernel makes no IPv6 sockets for the gateway. */
export const ipv6Refused: Fault = {
  name: 'ipv6-refused',
  title: 'IPv6 sockets refused by seccomp (EAFNOSUPPORT), though the machine has IPv6',
  load: '200 clients, 20 at once, of a listener on every address; as many to an IPv6 target',
  expected: 'it listens on 0.0.0.0 alone, with a note; clients of IPv6 targets are reset, and no others',
  needs: ['root', 'namespaces', 'koffi'],
  async run(fixture) {
    const name = fixture.workshop.namespace('gateway');
    const inside = ['ip', 'netns', 'exec', name];
    await fixture.mustRun('ip', 'netns', 'add', name);
    await fixture.mustRun('ip', '-netns', name, 'link', 'set', 'lo', 'up');
    const target = await fixture.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_001 });
    const rules = ['7101=127.0.0.1:7001', '7102=127.0.0.1:7001', '7103=[2001:db8::1]:7001'];
    const gateway = await fixture.gateway({
      args: ['forward', ...rules],
      inside: [...inside, process.execPath, withoutIpv6],
    });
    const { notes } = gateway.ready;
    fixture.check('a note about it', notes.includes('This machine has no IPv6: listening on 0.0.0.0 only'), notes);
    const at = (port: number) => ({ host: target.at.host, port });
    const neighbour = await fixture.neighbour(at(7_101), { wrap: inside });
    const count = fixture.pick({ ci: 20, full: 200 });
    const clients = fixture.clients(inside);
    const served = await clients.ask('attempt', { to: [at(7_102)], count, atOnce: 20, patience: 20_000 });
    fixture.check('each client is served', served.counts.echo === count, served.counts);
    const reset = await clients.ask('attempt', { to: [at(7_103)], count, atOnce: 20, patience: 20_000 });
    fixture.check('clients of the IPv6 target are reset', reset.counts.ECONNRESET === count, reset.counts);
    await gateway.recorded({ unreachable: count });
    fixture.saw(`${count} served by IPv4; ${count} led to IPv6, reset and recorded as unreachable`);
    await fixture.over(gateway, neighbour);
  },
};
