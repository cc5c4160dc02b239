import type { Fault } from './fault.ts';

const piece = 64 * 1024;

/** The target resets in the middle of a transfer. */
export const targetResets: Fault = {
  name: 'target-resets',
  title: 'target resets mid-stream',
  load: '500 sessions, each reset after 64 KiB have come and been answered',
  expected: 'the client has every byte from before, then the reset; recorded as `target reset`',
  needs: [],
  async run(fixture) {
    const count = fixture.pick({ ci: 50, full: 500 });
    const echo = await fixture.target({ kind: 'echo' });
    const faulty = await fixture.target({ kind: 'reset', after: piece });
    const { gateway, listeners } = await fixture.forwards([faulty.at, echo.at]);
    const neighbour = await fixture.neighbour(listeners[1]);
    const readings = await fixture.clients().ask('read', { to: listeners[0], count, first: piece });
    const right = readings.filter(({ bytes, brokenAt }) => bytes === piece && brokenAt === undefined).length;
    const resets = readings.filter(({ end }) => end === 'ECONNRESET').length;
    fixture.check('every client had every byte', right === count, right);
    fixture.check('every client saw the reset', resets === count, resets);
    await gateway.recorded({ 'target reset': count });
    fixture.saw(`${resets} resets, each after all of its 64 KiB`);
    await fixture.over(gateway, neighbour);
  },
};
