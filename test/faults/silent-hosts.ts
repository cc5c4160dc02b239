import { Agent } from '../../bench/process/agent.ts';
import { until } from '../helpers/until.ts';
import type { FloodLoad } from './agents/flood-load.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import { openNetwork, targetHosts } from './network.ts';

const size = {
  ci: { perSecond: 800, seconds: 4, descriptors: 1_600, others: 150 },
  full: { perSecond: 5_000, seconds: 25, descriptors: 20_000, others: 5_000 },
};
const hosts = [101, 102, 103, 104].map((n) => `10.77.0.${n}`);
/** Addresses that the flood comes from: too many for the limit of one source to hold it. */
const sources = Array.from({ length: 64 }, (_, n) => `127.0.1.${n + 1}`);

/** Clients of hosts that are not there. */
export const silentHosts: Fault = {
  name: 'silent-hosts',
  title: '5,000 clients a second of hosts that are not there',
  load: '5,000 clients a second from 64 addresses for 25 s to four hosts that drop packets; default limits',
  expected:
    'a quarter of all sessions dial at most, 16 a host after 10 s; others are served meanwhile; ' +
    'a host that comes up is reached',
  needs: ['root', 'namespaces', 'iptables', 'descriptors', 'koffi'],
  async run(fixture) {
    const { perSecond, seconds, descriptors, others } = fixture.pick(size);
    const network = await openNetwork(fixture);
    for (const host of hosts) {
      await network.run(network.targets, 'ip', 'address', 'add', `${host}/24`, 'dev', 'cable');
      await network.run(network.targets, 'iptables', '-A', 'INPUT', '-d', host, '-j', 'DROP');
    }
    const healthy = await fixture.target({ kind: 'echo' }, network.targets, { host: targetHosts[0], port: 7_001 });
    const comesUp = await fixture.target({ kind: 'echo' }, network.targets, { host: hosts[0] ?? '', port: 7_002 });
    const { gateway, listeners } = await fixture.forwards(
      [healthy.at, ...hosts.map((host) => ({ host, port: 7_002 }))],
      {
        inside: network.gateway,
        descriptors,
        // The others come from one address.
        args: ['--per-source-sessions', 'unlimited'],
      },
    );
    const [listener, ...absent] = listeners;
    if (listener === undefined) throw new Error('Cannot go on: there is no listener');
    const neighbour = await fixture.neighbour(listener, { wrap: network.gateway, pause: 20 });
    const before = gateway.descriptors();
    const flood = new Agent<FloodLoad>(fixture.children, faultAgent('flood-load'), network.gateway);
    const attempts = perSecond * seconds;
    // Each holds out for longer than a dial may take.
    const load = { to: absent, from: sources, perSecond, attempts, atOnce: 18_000, hold: 6_000 };
    const flooding = flood.ask('run', load, 120_000);
    const most = Math.floor(gateway.ready.limits.sessions / 4);
    await until('nearly a quarter of all sessions dialing', () => gateway.descriptors() >= before + 1.8 * most);
    const probe = fixture.clients(network.gateway);
    const seen = await probe.ask('attempt', { to: [listener], count: others, atOnce: 2, patience: 4_000 }, 120_000);
    fixture.check('others are served', seen.counts.echo === others, seen.counts);
    fixture.checkFigure('within 500 ms', seen.longest < 500, Math.round(seen.longest));
    const { connected, turnedAway } = await flooding;
    fixture.saw(`${connected} connected, ${turnedAway} of them reset before their time`);
    fixture.saw(`${seen.counts.echo} of ${others} others served, the slowest after ${Math.round(seen.longest)} ms`);
    const causes = gateway.log.lines().flatMap(({ cause }) => (typeof cause === 'string' ? [cause] : []));
    fixture.check('a quarter of all sessions dial at most', causes.includes('dials'), causes);
    if (fixture.setting === 'full') fixture.check('16 a host after 10 s', causes.includes('no answer'), causes);
    const dialed = gateway.log.reasons()['dial timed out'] ?? 0;
    // A dial takes 5 s; without a bound every client had one.
    const bound = most * Math.ceil((seconds + 5) / 5) + hosts.length;
    fixture.check('as many dials as a quarter allows', dialed <= bound, `${dialed} of ${bound}`);
    fixture.saw(`${dialed} dials of ${attempts} clients, ${most} at once at most`);

    await network.run(network.targets, 'iptables', '-D', 'INPUT', '-d', comesUp.at.host, '-j', 'DROP');
    const up = performance.now();
    await until('the host that came up served', async () => {
      const first = absent[0] ?? listener;
      const { counts } = await probe.ask('attempt', { to: [first], count: 1, atOnce: 1, patience: 5_000 });
      return counts.echo === 1;
    });
    fixture.saw(`a host that comes up is reached after ${Math.round(performance.now() - up)} ms`);
    await fixture.over(gateway, neighbour);
  },
};
