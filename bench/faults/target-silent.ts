import type { Fault } from './fault.ts';
import { percent } from './percent.ts';

/** The target accepts and says nothing. */
export const targetSilent: Fault = {
  name: 'target-silent',
  title: 'target accepts and says nothing',
  load: '500 clients that send 16 bytes and wait; `idle` 10 s',
  expected: 'each session is ended after `idle`, recorded as `idle`; the gateway does not spin meanwhile',
  needs: [],
  async run(scene) {
    const count = scene.pick({ ci: 50, full: 500 });
    const idle = scene.pick({ ci: 1_000, full: 10_000 });
    const echo = await scene.target({ kind: 'echo' });
    const faulty = await scene.target({ kind: 'say nothing' });
    const { gateway, doors } = await scene.forwards([faulty.at, echo.at], { args: ['--idle-timeout', `${idle}ms`] });
    const neighbour = await scene.neighbour(doors[1], { pause: 20 });
    const attempts = scene.clients().ask('attempt', { to: [doors[0]], count, atOnce: count, patience: idle + 20_000 });
    const busy = await gateway.busy(idle / 2);
    const seen = await attempts;
    scene.check('every session was ended by the gateway', seen.counts['no answer'] === undefined, seen.counts);
    scene.check('none was ended early', seen.longest >= idle * 0.75, Math.round(seen.longest));
    scene.checkFigure('`idle` was late by 2 s at most', seen.longest <= idle + 2_500, Math.round(seen.longest));
    await gateway.recorded({ idle: count });
    scene.saw(`${count} ended as idle, the last after ${(seen.longest / 1_000).toFixed(1)} s`);
    scene.saw(`CPU meanwhile ${percent(busy)}`);
    await scene.over(gateway, neighbour);
  },
};
