import { chmodSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { sessionLines } from './session-lines.ts';

/** The log's disk is full: /dev/full for stderr, and a small disk that has room again later for `log.file`. */
export const logDiskFull: Fault = {
  name: 'log-disk-full',
  title: 'log disk full (/dev/full; a tmpfs of 64 KiB)',
  load: '2,000 sessions with the log on /dev/full; 2,000 with it on a tmpfs that gets room again',
  expected: 'every client is served; lines that cannot be written are dropped, and counted exactly',
  needs: ['root'],
  async run(fixture) {
    const count = fixture.pick({ ci: 500, full: 2_000 });
    const echo = await fixture.target({ kind: 'echo' });
    const params = { count, atOnce: 16, patience: 20_000 };
    const clients = fixture.clients();

    const stderr = openSync('/dev/full', 'w');
    fixture.children.afterwards(async () => closeSync(stderr));
    const mute = await fixture.forwards([echo.at, echo.at], { args: ['--log-level', 'debug'], stderr });
    const muteNeighbour = await fixture.neighbour(mute.listeners[1], { name: 'neighbour of /dev/full' });
    const muted = await clients.ask('attempt', { to: [mute.listeners[0]], ...params });
    fixture.check('/dev/full: every client is served', muted.counts.echo === count, muted.counts);
    await fixture.over(mute.gateway, muteNeighbour);

    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mount = `mount -t tmpfs -o size=64k,mode=1777 floatgate '${disk}' && exec "$@"`;
    const file = join(disk, 'gateway.log');
    const { gateway, listeners } = await fixture.forwards([echo.at, echo.at], {
      args: ['--log-level', 'debug', '--log-file', file],
      // The disk is the gateway's alone, and goes with it.
      inside: ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
    });
    const neighbour = await fixture.neighbour(listeners[1]);
    const seen = await clients.ask('attempt', { to: [listeners[0]], ...params });
    fixture.check('full disk: every client is served', seen.counts.echo === count, seen.counts);
    await gateway.settled();
    const there = `/proc/${gateway.pid}/root${file}`;
    // More room instead of a shorter file: nothing that is written meanwhile can be lost.
    const larger = ['mount', '-o', 'remount,size=16m', disk];
    await fixture.mustRun('nsenter', '--mount', '--target', String(gateway.pid), ...larger);
    // One more, so that there is a line to write.
    await clients.ask('attempt', { to: [listeners[0]], ...params, count: 1 });
    const all = 2 * (count + 1) + 1;
    const total = () => sessionLines(readFileSync(there, 'latin1'));
    const complete = () => {
      const sum = total();
      return sum.dropped > 0 && sum.lines + sum.dropped >= all;
    };
    // The check reports missing lines.
    await until('the number of lines dropped', complete, 20_000).catch(() => {});
    const found = total();
    const sum = `${found.lines} + ${found.dropped} of ${all}`;
    fixture.check('written and dropped are all there were', found.lines + found.dropped === all, sum);
    fixture.saw(`${(muted.counts.echo ?? 0) + (seen.counts.echo ?? 0)} of ${2 * count} served`);
    fixture.saw(`tmpfs: ${found.lines} lines written, ${found.dropped} dropped, of ${all}`);
    await fixture.over(gateway, neighbour);
  },
};
