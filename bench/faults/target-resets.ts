import type { Fault } from './fault.ts';

const piece = 64 * 1024;

/** The target resets in the middle of a transfer. */
export const targetResets: Fault = {
  name: 'target-resets',
  title: 'target resets mid-stream',
  load: '500 sessions, each reset after 64 KiB have come and been answered',
  expected: 'the client has every byte from before, then the reset; recorded as `target reset`',
  needs: [],
  async run(scene) {
    const count = scene.pick({ ci: 50, full: 500 });
    const echo = await scene.target({ kind: 'echo' });
    const faulty = await scene.target({ kind: 'reset', after: piece });
    const { gateway, doors } = await scene.forwards([faulty.at, echo.at]);
    const neighbour = await scene.neighbour(doors[1]);
    const readings = await scene.clients().ask('read', { to: doors[0], count, first: piece });
    const right = readings.filter(({ bytes, brokenAt }) => bytes === piece && brokenAt === undefined).length;
    const resets = readings.filter(({ end }) => end === 'ECONNRESET').length;
    scene.check('every client had every byte', right === count, right);
    scene.check('every client saw the reset', resets === count, resets);
    await gateway.recorded({ 'target reset': count });
    scene.saw(`${resets} resets, each after all of its 64 KiB`);
    await scene.over(gateway, neighbour);
  },
};
