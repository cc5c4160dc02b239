import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import type { Fault } from './fault.ts';

/** Below localhost, as no other name may lead to loopback. */
const name = 'changing.localhost';

/** The name of a target gets another address, then none. */
export const nameChanges: Fault = {
  name: 'name-changes',
  title: 'name lookup changes, then fails',
  load: '200 clients before, between and after; /etc/hosts of a mount namespace, no name server',
  expected: 'the next dial follows the name; without one: reset, `lookup failed`; sessions that are open stay',
  needs: ['root'],
  async run(fixture) {
    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const [hosts, resolver] = [join(folder, 'hosts'), join(folder, 'resolv.conf')];
    // Written in place: the mount is of the file, not of its name.
    const leadsTo = (address: string | undefined): void =>
      writeFileSync(hosts, `127.0.0.1 localhost\n${address === undefined ? '' : `${address} ${name}\n`}`);
    writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    leadsTo('127.0.20.1');
    const [{ port }, stays] = [await freeEndpoint(), await freeEndpoint()];
    await fixture.target({ kind: 'say', text: 'one' }, [], { host: '127.0.20.1', port });
    await fixture.target({ kind: 'say', text: 'two' }, [], { host: '127.0.20.2', port });
    await fixture.target({ kind: 'echo' }, [], { host: '127.0.20.1', port: stays.port });
    const mount = `mount --bind '${hosts}' /etc/hosts && mount --bind '${resolver}' /etc/resolv.conf && exec "$@"`;
    const { gateway, listeners } = await fixture.forwards(
      [
        { host: name, port },
        { host: name, port: stays.port },
      ],
      {
        inside: ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
      },
    );
    // By the name itself, so that its session lives through all that becomes of it.
    const neighbour = await fixture.neighbour(listeners[1]);
    const clients = fixture.clients();
    const count = fixture.pick({ ci: 20, full: 200 });
    const params = { to: [listeners[0]], count, atOnce: 10, patience: 20_000 };
    const one = await clients.ask('attempt', params);
    leadsTo('127.0.20.2');
    const two = await clients.ask('attempt', params);
    leadsTo(undefined);
    const none = await clients.ask('attempt', params);
    leadsTo('127.0.20.1');
    const back = await clients.ask('attempt', params);
    fixture.check('the first address', one.counts.one === count, one.counts);
    fixture.check('the next dial goes to the new address', two.counts.two === count, two.counts);
    fixture.check('no address: reset', none.counts.ECONNRESET === count, none.counts);
    fixture.check('the name is back', back.counts.one === count, back.counts);
    await gateway.recorded({ 'lookup failed': count });
    fixture.saw(
      `${count} to the first address, ${count} to the next, ` +
        `${count} reset (the slowest after ${Math.round(none.longest)} ms), ${count} back`,
    );
    await fixture.over(gateway, neighbour);
  },
};
