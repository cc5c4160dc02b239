import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../bench/agents/endpoint.ts';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import type { Fault } from './fault.ts';
import type { Fixture } from './fixture.ts';
import type { FaultGateway } from './gateway.ts';

/** A forward of the configuration file. */
interface Rule {
  readonly listen: Endpoint;
  readonly to: readonly Endpoint[];
}

/** The configuration file of a gateway, and the changes that it has applied. */
export class Reloading {
  readonly args: readonly string[];
  private readonly file: string;
  private applied = 0;

  constructor(fixture: Fixture) {
    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    this.file = join(folder, 'gateway.yaml');
    this.args = ['up', '--config', this.file];
  }

  /** Another file takes its place. */
  write(text: string): void {
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
  }

  /** Has the gateway read it, and waits until it has applied it. Returns the milliseconds that took. */
  async reload(gateway: FaultGateway): Promise<number> {
    this.applied += 1;
    const wanted = this.applied;
    process.kill(gateway.pid, 'SIGHUP');
    const done = () => gateway.log.lines().filter(({ msg }) => /^configuration reloaded/.test(String(msg)));
    await gateway.logged(`change ${wanted}`, () => done().length >= wanted);
    return Number(done()[wanted - 1]?.tookMs);
  }
}

function forwardsText(rules: readonly Rule[]): string {
  const text = ({ host, port }: Endpoint) => `${host}:${port}`;
  return `forwards:\n${rules
    .map(
      ({ listen, to }) =>
        `  - { listen: "${text(listen)}", to: [${to
          .map(text)
          .map((one) => `"${one}"`)
          .join(', ')}] }\n`,
    )
    .join('')}`;
}

const longSessions = 200;

/** The configuration changes again and again under load. */
export const reloads: Fault = {
  name: 'reloads',
  title: 'the configuration is changed and reloaded under load',
  load:
    'as many connections a second as there can be, up to 2,000, and 200 long sessions; ' +
    '20 reloads that change other listeners, 10 that change the pool of the listener in use',
  expected: 'no connection fails, no session ends, not one byte is wrong',
  needs: [],
  async run(fixture) {
    const { count, perSecond } = fixture.pick({
      ci: { count: 1_500, perSecond: 500 },
      full: { count: 24_000, perSecond: 2_000 },
    });
    const targets = [await fixture.target({ kind: 'echo' }), await fixture.target({ kind: 'echo' })] as const;
    const [used, long] = [await freeEndpoint(), await freeEndpoint()];
    const others = await Promise.all(Array.from({ length: 20 }, () => freeEndpoint()));
    const reloading = new Reloading(fixture);
    const write = (change: number): void => {
      const to = change % 3 === 2 ? targets.map(({ at }) => at) : [targets[change % 2 === 0 ? 0 : 1].at];
      const present = others.filter((_, index) => (index + change) % 3 !== 0);
      reloading.write(
        forwardsText([
          { listen: used, to: change < 20 ? [targets[0].at] : to },
          { listen: long, to: [targets[0].at] },
          ...(change < 20 ? present : others).map((listen) => ({ listen, to: [targets[1].at] })),
        ]),
      );
    };
    write(0);
    const gateway = await fixture.gateway({ args: reloading.args });
    const sessions = await fixture.neighbour(long, { name: '200 long sessions', sessions: longSessions, pause: 25 });
    const begun = performance.now();
    const attempts = fixture
      .clients()
      .ask('attempt', { to: [used], count, atOnce: 64, patience: 20_000, end: 'FIN', perSecond }, 120_000);
    const took: number[] = [];
    for (let change = 1; change <= 30; change += 1) {
      write(change);
      took.push(await reloading.reload(gateway));
      await sessions.look();
    }
    const busyFor = performance.now() - begun;
    // As many listeners as when it was ready.
    write(0);
    await reloading.reload(gateway);
    const { counts } = await attempts;
    const seconds = (performance.now() - begun) / 1_000;
    fixture.check('every connection is served', counts.echo === count, counts);
    const ended = gateway.log.lines().filter(({ reason }) => reason !== undefined && reason !== 'client closed');
    fixture.check('no session ended but by its client', ended.length === 0, ended.slice(0, 3));
    fixture.saw(`30 reloads within ${(busyFor / 1_000).toFixed(1)} s, ${Math.max(...took)} ms at most`);
    fixture.saw(`${count} connections, ${Math.round(count / seconds)} a second, ${count - (counts.echo ?? 0)} failed`);
    await fixture.over(gateway, sessions);
  },
};
