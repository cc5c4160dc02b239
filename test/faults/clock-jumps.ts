import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.ts';
import { libfaketime } from './libfaketime.ts';

const sessions = 20;
const day = 86_400_000;

/**
 * The system's clock jumps. libfaketime stands between the process and its C library, so that nothing else on this
 * machine sees it: CLOCK_REALTIME moves, the monotonic clocks do not, as with clock_settime(2).
 */
export const clockJumps: Fault = {
  name: 'clock-jumps',
  title: 'clock jumps (libfaketime, the real-time clock alone)',
  load: '20 idle sessions, others that come and go; a day forwards, then two days back; `idle` 1 h',
  expected: 'no session ends, durations stay true, new clients are served; the log shows the new time',
  needs: ['libfaketime'],
  async run(fixture) {
    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const clock = join(folder, 'clock');
    const jump = (to: string): void => writeFileSync(clock, `${to}\n`);
    jump('+0');
    const echo = await fixture.target({ kind: 'echo' });
    const target = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([target.at, echo.at], {
      args: ['--idle-timeout', '1h'],
      env: {
        LD_PRELOAD: libfaketime() ?? '',
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const neighbour = await fixture.neighbour(listeners[1]);
    const idle = fixture.clients();
    await idle.ask('connect', { to: [listeners[0]], count: sessions });
    const others = fixture.clients();
    let count = 0;
    for (const [to, shift] of [
      ['+1d', day],
      ['-1d', -day],
    ] as const) {
      jump(to);
      const seen = await others.ask('attempt', { to: [listeners[0]], count: 50, atOnce: 10, patience: 20_000 });
      fixture.check(`${to}: new clients are served`, seen.counts.echo === 50, seen.counts);
      // Sweeps come every second.
      await gateway.busy(fixture.pick({ ci: 1_200, full: 5_000 }));
      count += 50;
      await gateway.recorded({ 'client reset': count });
      const last = gateway.log.lines().at(-1);
      const off = Date.parse(String(last?.time)) - Date.now();
      fixture.check(`${to}: the gateway has seen the jump`, Math.abs(off - shift) < 60_000, off);
      const kept = await idle.ask('kept', null);
      fixture.check(`${to}: no session ends`, kept.open === sessions, kept);
    }
    const durations = gateway.log.lines().flatMap(({ duration }) => (typeof duration === 'number' ? [duration] : []));
    const sane = durations.every((duration) => duration >= 0 && duration < 60_000);
    fixture.check('durations stay true', sane && durations.length === count, Math.max(...durations));
    await idle.ask('leave', { by: 'FIN' });
    fixture.saw(`a day forwards, two back: all ${sessions} idle sessions stay, ${count} new clients served`);
    await fixture.over(gateway, neighbour);
  },
};
