import type { Fault } from './fault.ts';
import { percent } from './percent.ts';

/** The target accepts and sends nothing. */
export const targetSilent: Fault = {
  name: 'target-silent',
  title: 'target accepts and sends nothing',
  load: '500 clients that send 16 bytes and wait; `idle` 10 s',
  expected: 'each session is ended after `idle`, recorded as `idle`; the gateway does not spin meanwhile',
  needs: [],
  async run(fixture) {
    const count = fixture.pick({ ci: 50, full: 500 });
    const idle = fixture.pick({ ci: 1_000, full: 10_000 });
    const echo = await fixture.target({ kind: 'echo' });
    const faulty = await fixture.target({ kind: 'say nothing' });
    const { gateway, listeners } = await fixture.forwards([faulty.at, echo.at], {
      args: ['--idle-timeout', `${idle}ms`],
    });
    const neighbour = await fixture.neighbour(listeners[1], { pause: 20 });
    const attempts = fixture
      .clients()
      .ask('attempt', { to: [listeners[0]], count, atOnce: count, patience: idle + 20_000 });
    const busy = await gateway.busy(idle / 2);
    const seen = await attempts;
    fixture.check('every session was ended by the gateway', seen.counts['no answer'] === undefined, seen.counts);
    fixture.check('none was ended early', seen.longest >= idle * 0.75, Math.round(seen.longest));
    fixture.checkFigure('`idle` was late by 2 s at most', seen.longest <= idle + 2_500, Math.round(seen.longest));
    await gateway.recorded({ idle: count });
    fixture.saw(`${count} ended as idle, the last after ${(seen.longest / 1_000).toFixed(1)} s`);
    fixture.saw(`CPU meanwhile ${percent(busy)}`);
    await fixture.over(gateway, neighbour);
  },
};
