import type { Fault } from './fault.ts';

/** Unlike what is assumed where nothing tells, and unlike what the harness has. */
const descriptors = 5_000;

/** There is no /proc. */
export const noProc: Fault = {
  name: 'no-proc',
  title: 'no /proc (an empty tmpfs in its place, in a mount namespace)',
  load: '500 clients, 50 at once, to a target by IPv4; a hard limit of 5,000 descriptors',
  expected: 'it knows its limit by process.report and that there is IPv6; each client is served',
  needs: ['root'],
  async run(scene) {
    const target = await scene.target({ kind: 'echo' });
    const hidden = 'mount -t tmpfs -o size=4k tmpfs /proc && exec "$@"';
    const { gateway, doors } = await scene.forwards([target.at, target.at], {
      descriptors,
      inside: ['unshare', '--mount', 'sh', '-c', hidden, 'sh'],
    });
    const { explanation = '' } = gateway.ready.limits;
    scene.check('the limit is known', explanation.includes('(5,000 descriptors - '), explanation);
    scene.check('there is nothing to note', gateway.ready.notes.length === 0, gateway.ready.notes);
    const neighbour = await scene.neighbour(doors[0]);
    const count = scene.pick({ ci: 50, full: 500 });
    const seen = await scene.clients().ask('attempt', { to: [doors[1]], count, atOnce: 50, patience: 20_000 });
    scene.check('each client is served', seen.counts.echo === count, seen.counts);
    scene.saw(explanation);
    await scene.over(gateway, neighbour);
  },
};
