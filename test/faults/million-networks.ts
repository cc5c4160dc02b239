import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.ts';

/** A list of networks like those that collectors of bad addresses publish. */
export const millionNetworks: Fault = {
  name: 'million-networks',
  title: 'a million networks in `access.allow`',
  load: '100 clients from one of them',
  expected: 'ready within 3 s and 300 MB; the clients are served',
  needs: [],
  async run(fixture) {
    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const file = join(folder, 'gateway.yaml');
    const networks = Array.from({ length: 999_999 }, (_, n) => `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}/32`);
    // Where the parser does not look.
    networks.splice(500_000, 0, '127.0.0.1/32');
    writeFileSync(file, `access:\n  allow:\n${networks.map((network) => `    - ${network}\n`).join('')}`);

    const echo = await fixture.target({ kind: 'echo' });
    const started = performance.now();
    const { gateway, listeners } = await fixture.forwards([echo.at, echo.at], { args: ['--config', file] });
    const seconds = (performance.now() - started) / 1000;
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
    const megabytes = (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
    fixture.checkFigure('ready within 3 s', seconds < 3, seconds);
    fixture.check('at most 300 MB', megabytes < 300, megabytes);
    fixture.saw(`ready after ${seconds.toFixed(1)} s, at most ${megabytes.toFixed(0)} MB`);

    const neighbour = await fixture.neighbour(listeners[1]);
    const params = { count: 100, atOnce: 16, patience: 20_000 };
    const seen = await fixture.clients().ask('attempt', { to: [listeners[0]], ...params });
    fixture.check('every client is served', seen.counts.echo === 100, seen.counts);
    await fixture.over(gateway, neighbour);
  },
};
