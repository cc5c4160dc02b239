import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { openNetwork, targetHosts } from './network.ts';

/** The shortest that --keep-alive takes, milliseconds. */
const keepAlive = 11_000;
const sessions = 20;
/** So that the kernel's retries end within about 13 s instead of a quarter of an hour (tcp_retries2, ip-sysctl). */
const retries = 5;

/** The cable to the targets is cut while sessions are idle, and while data is in flight. */
export const targetVanishes: Fault = {
  name: 'target-vanishes',
  title: 'target vanishes (link down)',
  load:
    '20 idle sessions and 20 with data in flight; `keepAlive` 11 s; ' +
    'for stream, `tcp_retries2` 5 in its network namespace',
  expected:
    'idle: reaped within about `keepAlive`. Data in flight: with splice, too; ' +
    'stream leaves it to the retries of the kernel',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const network = await openNetwork(fixture);
    const idle = await fixture.target({ kind: 'echo' }, network.targets, { host: targetHosts[0], port: 7_001 });
    const busy = await fixture.target({ kind: 'echo' }, network.targets, { host: targetHosts[0], port: 7_002 });
    const healthy = await fixture.target({ kind: 'echo' }, network.gateway, { host: '127.0.0.1', port: 7_003 });
    if (fixture.engine === 'stream') {
      await network.run(network.gateway, 'sh', '-c', `echo ${retries} > /proc/sys/net/ipv4/tcp_retries2`);
    }
    const { gateway, listeners } = await fixture.forwards([idle.at, busy.at, healthy.at], {
      args: ['--keep-alive', `${keepAlive}ms`],
      inside: network.gateway,
    });
    const neighbour = await fixture.neighbour(listeners[2], { wrap: network.gateway });
    const idlers = fixture.clients(network.gateway);
    await idlers.ask('connect', { to: [listeners[0]], count: sessions });
    const talkers = fixture.clients(network.gateway);
    await until(
      'the idle sessions at their target',
      async () => (await idle.agent.ask('counts', null)).live === sessions,
    );
    // Keepalive is set by the first sweep, a second after a session began.
    await gateway.busy(1_500);
    await talkers.ask('connect', { to: [listeners[1]], count: sessions });
    await until('the others at theirs', async () => (await busy.agent.ask('counts', null)).live === sessions);
    await network.cut();
    const cut = performance.now();
    await talkers.ask('say', { bytes: 1_024 });
    const ended = (where: string) => () => {
      const lines = gateway.log.lines().filter(({ target, reason }) => target === where && reason !== undefined);
      return lines.length === sessions && { lines, after: performance.now() - cut };
    };
    const [dead, late] = await Promise.all([
      until('every idle session reaped', ended(`${idle.at.host}:${idle.at.port}`), 60_000),
      until('every session with data in flight reaped', ended(`${busy.at.host}:${busy.at.port}`), 60_000),
    ]);
    for (const [what, { lines, after }] of [
      ['idle', dead],
      ['with data in flight', late],
    ] as const) {
      const reasons = [...new Set(lines.map(({ reason, code }) => `${reason} ${code}`))].join(', ');
      const right = lines.every(({ reason }) => reason === 'target reset');
      fixture.check(`${what}: ended as \`target reset\``, right, reasons);
      fixture.saw(`${what}: all ${sessions} reaped after ${(after / 1_000).toFixed(1)} s (${reasons})`);
    }
    fixture.check('idle: not before their time', dead.after >= 5_000, Math.round(dead.after));
    fixture.checkFigure('idle: within `keepAlive` and 5 s', dead.after <= keepAlive + 5_000, Math.round(dead.after));
    fixture.checkFigure(
      'in flight: within `keepAlive` and 10 s',
      late.after <= keepAlive + 10_000,
      Math.round(late.after),
    );
    for (const clients of [idlers, talkers]) {
      const kept = await clients.ask('kept', null);
      fixture.check('every client was reset', kept.ECONNRESET === sessions, kept);
    }
    await fixture.over(gateway, neighbour);
  },
};
