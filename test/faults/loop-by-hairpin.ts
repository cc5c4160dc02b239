import type { Fault } from './fault.ts';
import type { Fixture } from './fixture.ts';
import { mustNotStart } from './must-not-start.ts';
import { watchLoop } from './watched-loop.ts';

const gatewayHost = '192.168.77.17';
const routerHost = '192.168.77.1';
const floating = '203.0.113.7';

/** The target is the gateway's own floating IP, which a router leads back to it. */
export const loopByHairpin: Fault = {
  name: 'loop-by-hairpin',
  title: 'target is the own floating IP (hairpin NAT)',
  load:
    'a forward to its own port at the floating IP; clients that end at once; ' +
    'then a router that shows its own address, and `perSource.sessions` 64',
  expected:
    'at most 64 sessions at once, one warning; nothing goes on after its client; ' +
    'refused at start with --public-address',
  needs: ['root', 'namespaces', 'iptables'],
  async run(fixture) {
    const { inside, masqueradeAs } = await openHairpin(fixture);
    await fixture.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_001 });
    const listener = { host: '127.0.0.1', port: 8_080 };
    const forwards = [`0.0.0.0:${listener.port}=${floating}:${listener.port}`, '127.0.0.1:8081=127.0.0.1:7001'];
    for (const [source, args] of [
      [floating, []],
      [routerHost, ['--per-source-sessions', '64']],
    ] as const) {
      await masqueradeAs(source);
      const gateway = await fixture.gateway({ args: ['forward', ...forwards, ...args], inside });
      const neighbour = await fixture.neighbour({ host: '127.0.0.1', port: 8_081 }, { wrap: inside });
      fixture.saw(`clients come back as ${source}`);
      await watchLoop(fixture, { listener, gateway, clients: fixture.clients(inside) });
      const causes = gateway.log.lines().flatMap(({ cause }) => (typeof cause === 'string' ? [cause] : []));
      const expected = source === floating ? ['possible loop'] : ['possible loop', 'source sessions'];
      const fine =
        causes.length > 0 &&
        new Set(causes).size === causes.length &&
        causes.every((cause) => expected.includes(cause));
      fixture.check(`one warning of each of ${expected.join(', ')} that there was`, fine, causes);
      await fixture.over(gateway, neighbour);
    }
    const named = ['forward', forwards[0] ?? '', '--public-address', floating];
    await mustNotStart(fixture, inside, named, /203\.0\.113\.7:8080: that is this gateway's own listener/);
  },
};

/**
 * Two network namespaces:
 *
 *     clients, gateway 192.168.77.17 --- 192.168.77.1 router, which leads 203.0.113.7 to the gateway
 */
async function openHairpin(fixture: Fixture) {
  const [gateway, router] = [fixture.workshop.namespace('gateway'), fixture.workshop.namespace('subnet')];
  const ip = (...args: readonly string[]) => fixture.mustRun('ip', ...args);
  for (const name of [gateway, router]) {
    await ip('netns', 'add', name);
    await ip('-netns', name, 'link', 'set', 'lo', 'up');
  }
  await ip('link', 'add', 'cable', 'netns', gateway, 'type', 'veth', 'peer', 'name', 'cable', 'netns', router);
  await ip('-netns', gateway, 'address', 'add', `${gatewayHost}/24`, 'dev', 'cable');
  await ip('-netns', router, 'address', 'add', `${routerHost}/24`, 'dev', 'cable');
  for (const name of [gateway, router]) await ip('-netns', name, 'link', 'set', 'cable', 'up');
  await ip('-netns', gateway, 'route', 'add', 'default', 'via', routerHost);
  const inRouter = (...command: readonly string[]) => fixture.mustRun('ip', 'netns', 'exec', router, ...command);
  await inRouter('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  const nat = (...rule: readonly string[]) => inRouter('iptables', '-t', 'nat', ...rule);
  await nat('-A', 'PREROUTING', '-d', floating, '-j', 'DNAT', '--to-destination', gatewayHost);
  return {
    inside: ['ip', 'netns', 'exec', gateway],
    /** As whom connections come back to the gateway. */
    async masqueradeAs(source: string): Promise<void> {
      await nat('-F', 'POSTROUTING');
      await nat('-A', 'POSTROUTING', '-d', gatewayHost, '-j', 'SNAT', '--to-source', source);
    },
  };
}
