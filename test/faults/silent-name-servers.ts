import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../bench/agents/endpoint.ts';
import { Agent } from '../../bench/process/agent.ts';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import { until } from '../helpers/until.ts';
import type { NameServer } from './agents/name-server.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import type { Fixture } from './fixture.ts';
import { openNetwork, targetHosts } from './network.ts';

const [first, second] = targetHosts;
/** Names whose name server is silent: as many that sessions need, and as many that only health checks need. */
const count = 16;
const port = 7_004;
const deadNames = (kind: string): readonly string[] =>
  Array.from({ length: count }, (_, nth) => `${kind}${nth + 1}.test`);

/** A listener of its own for each list of targets. */
async function configure(fixture: Fixture, forwards: readonly { to: readonly string[]; health?: object }[]) {
  const file = join(fixture.workshop.folder, 'gateway.yaml');
  const listeners: Endpoint[] = [];
  for (const _ of forwards) listeners.push(await freeEndpoint());
  const written = forwards.map((forward, nth) => ({ listen: `127.0.0.1:${listeners[nth]?.port}`, ...forward }));
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ forwards: written }));
  return { file, listeners };
}

/** The name server of many names is silent, and an address of a name is. */
export const silentNameServers: Fault = {
  name: 'silent-name-servers',
  title: 'name server silent, and one address of a name',
  load:
    '16 names of sessions and 16 of health checks; one name in the hosts file; one that was answered before; ' +
    'one with two addresses, the first of which drops packets; `dial` 5 s',
  expected:
    'the name in the hosts file costs at most 50 ms more than an address; dead names end as `lookup timed out`; ' +
    'the answer from before serves; the dropped address costs its share of `dial` once',
  needs: ['root', 'namespaces', 'iptables'],
  async run(fixture) {
    const dial = fixture.pick({ ci: 1_000, full: 5_000 });
    const network = await openNetwork(fixture);
    const names = new Agent<NameServer>(fixture.children, faultAgent('name-server'), network.targets);
    await names.ask('listen', { at: { host: first, port: 53 } });
    await names.ask('leads', { 'good.test': [second] });
    await fixture.target({ kind: 'echo' }, network.targets, { host: second, port });
    const dropped = { host: first, port };
    await network.drop(dropped);

    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const [hosts, resolver] = [join(folder, 'hosts'), join(folder, 'resolv.conf')];
    writeFileSync(hosts, `127.0.0.1 localhost\n${second} local.test\n${first} two.test\n${second} two.test\n`);
    // At full length with the time-outs that a machine has: two tries of 5 s.
    const options = fixture.pick({ ci: 'options timeout:2 attempts:1\n', full: '' });
    writeFileSync(resolver, `nameserver ${first}\n${options}`);
    const mount = `mount --bind '${hosts}' /etc/hosts && mount --bind '${resolver}' /etc/resolv.conf && exec "$@"`;
    const dead = deadNames('dead');
    const checked = deadNames('checked').map((name) => `${name}:${port}`);
    const { file, listeners } = await configure(fixture, [
      { to: [`local.test:${port}`] },
      { to: [`good.test:${port}`] },
      { to: [`two.test:${port}`] },
      { to: [`${second}:${port}`] },
      { to: checked, health: { interval: '1s' } },
      ...dead.map((name) => ({ to: [`${name}:${port}`] })),
    ]);
    const [local, before, two, control] = listeners;
    if (local === undefined || before === undefined || two === undefined || control === undefined)
      throw new Error('a listener is missing');
    await names.ask('become', 'answering');
    const gateway = await fixture.gateway({
      args: ['up', '--config', file, '--dial-timeout', `${dial}ms`],
      inside: [...network.gateway, 'unshare', '--mount', 'sh', '-c', mount, 'sh'],
    });
    const neighbour = await fixture.neighbour(local, { wrap: network.gateway });
    const clients = fixture.clients(network.gateway);
    const patience = dial + 20_000;
    const attempt = (to: Endpoint, times: number) =>
      clients.ask('attempt', { to: [to], count: times, atOnce: 1, patience });

    const answered = await attempt(before, 5);
    fixture.check('served while the name server answers', answered.counts.echo === 5, answered.counts);
    await names.ask('become', 'silent');
    await names.ask('asked', null);

    // Each of them twice: the first lookup that hangs, and one of a name whose last lookup hung.
    const silent = fixture.clients(network.gateway).ask('attempt', {
      to: listeners.slice(5),
      count: 2 * count,
      atOnce: count,
      patience,
    });
    await until('the name server asked in vain', async () => (await names.ask('asked', null)).length > 0);
    const ended = silent.then(() => 'ended' as const);
    let [tried, served] = [0, 0];
    let longest = 0;
    let without = 0;
    let fallback = 0;
    do {
      const seen = await attempt(local, 10);
      tried += 10;
      served += seen.counts.echo ?? 0;
      longest = Math.max(longest, seen.longest);
      without = Math.max(without, (await attempt(control, 10)).longest);
      const old = await attempt(before, 1);
      fixture.check('the answer from before serves', old.counts.echo === 1, old.counts);
      fallback = Math.max(fallback, old.longest);
    } while ((await Promise.race([ended, Promise.resolve('going on')])) !== 'ended' && tried < 100_000);
    const outcome = await silent;
    fixture.check('each client of a dead name was reset', outcome.counts.ECONNRESET === 2 * count, outcome.counts);
    fixture.check('the name in the hosts file: all served', served === tried, `${served} of ${tried}`);
    fixture.check('the name in the hosts file: no session waits 1 s', longest < 1_000, Math.round(longest));
    fixture.checkFigure('nor 50 ms more than one to an address', longest <= without + 50, Math.round(longest));
    fixture.check('nor does the answer from before take 2 s', fallback < 2_000, Math.round(fallback));
    fixture.checkFigure('nor 600 ms', fallback < 600, Math.round(fallback));
    fixture.saw(
      `hosts file: ${served} sessions meanwhile, the slowest ${Math.round(longest)} ms ` +
        `(${Math.round(without)} to an address); answer from before: at most ${Math.round(fallback)} ms; ` +
        `${outcome.counts.ECONNRESET} of dead names reset`,
    );
    await gateway.recorded({ 'lookup timed out': 2 * count });
    await gateway.logged('that good.test hangs', ({ name, age }) => name === 'good.test' && age !== undefined);

    const firstTry = await attempt(two, 1);
    const share = dial / 2;
    fixture.check('two addresses: served', firstTry.counts.echo === 1, firstTry.counts);
    fixture.check('the first session waits for the dropped one', firstTry.longest >= share * 0.9, firstTry.longest);
    const next = await attempt(two, 10);
    fixture.check('the next ones do not', next.counts.echo === 10 && next.longest < share * 0.9, { ...next });
    fixture.saw(`two addresses: ${Math.round(firstTry.longest)} ms, then ${Math.round(next.longest)}`);

    // The lookups that hang end with it, too.
    await names.ask('become', 'answering');
    await until('good.test answered again', async () => {
      await attempt(before, 1);
      return gateway.log.lines().some(({ msg }) => msg === 'lookups of good.test are answered again');
    });
    await fixture.over(gateway, neighbour);
  },
};
