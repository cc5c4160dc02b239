import type { Fault } from './fault.ts';

/** Unlike the limit that is assumed without /proc, and unlike that of the harness. */
const descriptors = 5_000;

/** There is no /proc. */
export const noProc: Fault = {
  name: 'no-proc',
  title: 'no /proc (an empty tmpfs in its place, in a mount namespace)',
  load: '500 clients, 50 at once, to a target by IPv4; a hard limit of 5,000 descriptors',
  expected: 'it knows its limit by process.report and that there is IPv6; each client is served',
  needs: ['root'],
  async run(fixture) {
    const target = await fixture.target({ kind: 'echo' });
    const hidden = 'mount -t tmpfs -o size=4k tmpfs /proc && exec "$@"';
    const { gateway, listeners } = await fixture.forwards([target.at, target.at], {
      descriptors,
      inside: ['unshare', '--mount', 'sh', '-c', hidden, 'sh'],
    });
    const { explanation = '' } = gateway.ready.limits;
    fixture.check('the limit is known', explanation.includes('(5,000 descriptors - '), explanation);
    fixture.check('there is nothing to note', gateway.ready.notes.length === 0, gateway.ready.notes);
    const neighbour = await fixture.neighbour(listeners[0]);
    const count = fixture.pick({ ci: 50, full: 500 });
    const seen = await fixture.clients().ask('attempt', { to: [listeners[1]], count, atOnce: 50, patience: 20_000 });
    fixture.check('each client is served', seen.counts.echo === count, seen.counts);
    fixture.saw(explanation);
    await fixture.over(gateway, neighbour);
  },
};
