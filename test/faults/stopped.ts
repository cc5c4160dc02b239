import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';

const bulkSessions = 10;
const incoming = 20;

/** The process is stopped for a while. */
export const stopped: Fault = {
  name: 'stopped',
  title: 'SIGSTOP for 10 s, then SIGCONT',
  load: '10 sessions that send 64 KiB there and back all the time, 20 clients that come meanwhile; `idle` 5 s',
  expected: 'no session is lost or taken for idle, not one byte is wrong; clients that came meanwhile are served',
  needs: [],
  async run(fixture) {
    const pause = fixture.pick({ ci: 1_600, full: 10_000 });
    const target = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([target.at, target.at, target.at], {
      args: ['--idle-timeout', `${pause / 2}ms`],
    });
    const neighbour = await fixture.neighbour(listeners[0]);
    const bulk = await fixture.neighbour(listeners[1], {
      name: 'in flight',
      sessions: bulkSessions,
      size: 64 * 1_024,
      pause: 0,
    });
    await bulk.look();
    process.kill(gateway.pid, 'SIGSTOP');
    const begun = performance.now();
    const attempts = fixture
      .clients()
      .ask('attempt', { to: [listeners[2]], count: incoming, atOnce: incoming, patience: pause + 30_000 });
    await until('the end of the stop', () => performance.now() - begun >= pause, pause + 1_000);
    await neighbour.look();
    process.kill(gateway.pid, 'SIGCONT');
    const seen = await attempts;
    fixture.check('clients that came meanwhile are served', seen.counts.echo === incoming, seen.counts);
    const after = await until('round trips again', async () => {
      const look = await neighbour.look();
      return look.trips > 0 && look;
    });
    fixture.check('the stop was one: a round trip took as long', after.max >= pause * 0.9, Math.round(after.max));
    fixture.saw(
      `stopped ${(pause / 1_000).toFixed(1)} s, a round trip of ${(after.max / 1_000).toFixed(2)} s across it`,
    );
    fixture.saw(`${seen.counts.echo} of ${incoming} new clients served`);
    await fixture.over(gateway, neighbour, bulk);
  },
};
