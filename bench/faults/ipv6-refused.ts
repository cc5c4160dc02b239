import { fileURLToPath } from 'node:url';
import type { Fault } from './fault.ts';

const withoutIpv6 = fileURLToPath(new URL('../agents/without-ipv6.js', import.meta.url));

/** The kernel makes no IPv6 sockets for the gateway. */
export const ipv6Refused: Fault = {
  name: 'ipv6-refused',
  title: 'IPv6 sockets refused by seccomp (EAFNOSUPPORT), though the machine has IPv6',
  load: '200 clients, 20 at once, of a listener on every address; as many to an IPv6 target',
  expected: 'it listens on 0.0.0.0 alone, and a note says so; who is led to IPv6 is reset, nobody else',
  needs: ['root', 'namespaces', 'koffi'],
  async run(scene) {
    const name = scene.workshop.namespace('gateway');
    const inside = ['ip', 'netns', 'exec', name];
    await scene.mustRun('ip', 'netns', 'add', name);
    await scene.mustRun('ip', '-netns', name, 'link', 'set', 'lo', 'up');
    const target = await scene.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_001 });
    const rules = ['7101=127.0.0.1:7001', '7102=127.0.0.1:7001', '7103=[2001:db8::1]:7001'];
    const gateway = await scene.gateway({
      args: ['forward', ...rules],
      inside: [...inside, process.execPath, withoutIpv6],
    });
    const { notes } = gateway.ready;
    scene.check('it says so', notes.includes('This machine has no IPv6: listening on 0.0.0.0 only'), notes);
    const at = (port: number) => ({ host: target.at.host, port });
    const neighbour = await scene.neighbour(at(7_101), { wrap: inside });
    const count = scene.pick({ ci: 20, full: 200 });
    const clients = scene.clients(inside);
    const served = await clients.ask('attempt', { to: [at(7_102)], count, atOnce: 20, patience: 20_000 });
    scene.check('each client is served', served.counts.echo === count, served.counts);
    const reset = await clients.ask('attempt', { to: [at(7_103)], count, atOnce: 20, patience: 20_000 });
    scene.check('who is led to IPv6 is reset', reset.counts.ECONNRESET === count, reset.counts);
    await gateway.recorded({ unreachable: count });
    scene.saw(`${count} served by IPv4; ${count} led to IPv6, reset and recorded as unreachable`);
    await scene.over(gateway, neighbour);
  },
};
