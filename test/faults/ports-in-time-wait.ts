import type { Fault } from './fault.ts';
import type { Fixture } from './fixture.ts';
import type { FaultGateway } from './gateway.ts';
import { openNetwork, targetHosts } from './network.ts';
import { percent } from './percent.ts';

const size = {
  // Ports in ip_local_port_range; clients, and how many begin in a second; those of a target that has ports.
  ci: { ports: 300, perSecond: 2_000, others: 40, reuse: { count: 400, perSecond: 200 } },
  full: { ports: 6_000, perSecond: 810, others: 500, reuse: { count: 12_000, perSecond: 810 } },
};
const host = targetHosts[0];
const address = '10.77.0.1';
/** For dialFrom: the stream engine binds a port to each session, which is nobody else's until TIME_WAIT is over. */
const sources = ['10.77.0.4', '10.77.0.5'];
/** Each try has targets of its own, as ports in TIME_WAIT are a target's. */
const ports = { busy: 7_001, other: 7_002, spread: 7_003, reused: 7_004 };
const listen = { busy: 8_001, other: 8_002, spread: 8_003, reused: 8_004 };

/** More connections to one target than ports in a minute. Loopback hides it: there ports in TIME_WAIT are reused. */
export const portsInTimeWait: Fault = {
  name: 'ports-in-time-wait',
  title: 'outgoing ports used up in TIME_WAIT',
  load:
    '6,000 outgoing ports (network namespace), 12,000 clients of one target, 810 a second; ' +
    'the same by two addresses, and with tcp_tw_reuse=1',
  expected:
    'as many served as there are ports, the others `exhausted`, 20 dials of them a second at most; ' +
    'other targets served; two addresses serve twice as many; tcp_tw_reuse=1 serves all',
  needs: ['root', 'namespaces', 'iptables'],
  async run(fixture) {
    const sizes = fixture.pick(size);
    const network = await openNetwork(fixture);
    const set = (name: string, value: string) =>
      network.run(network.gateway, 'sh', '-c', `echo ${value} > /proc/sys/net/ipv4/${name}`);
    await set('ip_local_port_range', `40000 ${40_000 + sizes.ports - 1}`);
    await set('tcp_tw_reuse', '0');
    for (const source of sources)
      await network.run(network.gateway, 'ip', 'address', 'add', `${source}/24`, 'dev', 'cable');
    for (const port of Object.values(ports)) await fixture.target({ kind: 'echo' }, network.targets, { host, port });
    const start = (names: readonly (keyof typeof ports)[], ...args: readonly string[]): Promise<FaultGateway> => {
      const rules = names.map((name) => `${address}:${listen[name]}=${host}:${ports[name]}`);
      return fixture.gateway({ args: ['forward', ...rules, ...args], inside: network.gateway });
    };
    // Clients are where the targets are, so that they need none of the gateway's ports.
    const attempt = (to: keyof typeof ports, count: number, pace: { readonly perSecond?: number } = {}) =>
      fixture
        .clients(network.targets)
        .ask(
          'attempt',
          { to: [{ host: address, port: listen[to] }], count, atOnce: 8, patience: 20_000, end: 'FIN', ...pace },
          90_000,
        );

    const gateway = await start(['busy', 'other']);
    const twice = 2 * sizes.ports;
    const flood = attempt('busy', twice, { perSecond: sizes.perSecond });
    await gateway.logged('the first without a port', ({ reason }) => reason === 'exhausted');
    const exhaustedAt = performance.now();
    const [others, busy, seen] = await Promise.all([
      attempt('other', sizes.others),
      gateway.busy(fixture.pick({ ci: 300, full: 4_000 })),
      flood,
    ]);
    const seconds = (performance.now() - exhaustedAt) / 1_000;
    const { echo = 0, ECONNRESET: resets = 0 } = seen.counts;
    fixture.check('each is served or reset', echo + resets === twice, seen.counts);
    fixture.check('as many are served as there are ports', echo >= 0.95 * sizes.ports, seen.counts);
    await gateway.recorded({ exhausted: resets });
    const tries = gateway.log.lines().filter(({ code }) => code === 'EADDRNOTAVAIL').length;
    fixture.check(
      'the target is dialed 20 times a second at most',
      tries <= 20 * (seconds + 1),
      `${tries} in ${seconds} s`,
    );
    fixture.check('other targets are served', others.counts.echo === sizes.others, others.counts);
    fixture.checkFigure('it does not search for ports all the time', busy < 0.5, percent(busy));
    fixture.saw(`${echo} of ${twice} served with ${sizes.ports} ports, ${resets} exhausted, ${tries} of them dialed`);
    fixture.saw(`CPU meanwhile ${percent(busy)}; ${others.counts.echo} of ${sizes.others} others served`);
    await fixture.over(gateway);

    await set('tcp_tw_reuse', '1');
    const reusing = await start(['reused']);
    const { count, perSecond } = sizes.reuse;
    const reused = await attempt('reused', count, { perSecond });
    fixture.check('tcp_tw_reuse=1: all are served', reused.counts.echo === count, reused.counts);
    fixture.saw(`with tcp_tw_reuse=1 ${reused.counts.echo} of ${count} served`);
    await fixture.over(reusing);

    await set('tcp_tw_reuse', '0');
    await spread(fixture, await start(['spread'], '--dial-from', sources.join()), sizes.ports, () =>
      attempt('spread', twice),
    );
  },
};

async function spread(
  fixture: Fixture,
  gateway: FaultGateway,
  portsEach: number,
  run: () => Promise<{ readonly counts: Readonly<Record<string, number>> }>,
): Promise<void> {
  const { counts } = await run();
  const { echo = 0 } = counts;
  fixture.check('two addresses serve twice as many', echo >= 0.95 * 2 * portsEach, counts);
  fixture.saw(`by dialFrom with two addresses ${echo} served`);
  await fixture.over(gateway);
}
