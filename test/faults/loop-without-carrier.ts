import type { Fault } from './fault.ts';
import { mustNotStart } from './must-not-start.ts';
import { watchLoop } from './watched-loop.ts';

const own = '172.17.0.1';

/** The target is an address of this machine that os.networkInterfaces() leaves out. */
export const loopWithoutCarrier: Fault = {
  name: 'loop-without-carrier',
  title: 'target is an own address without carrier, or of an AnyIP network',
  load: 'a forward to its own port at such an address, before the address is there and after; clients that end at once',
  expected:
    'refused at start; where the address comes later, each session ends as `loop`, ' +
    'and nothing goes on after its client',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const namespace = fixture.workshop.namespace('gateway');
    const inside = ['ip', 'netns', 'exec', namespace];
    const ip = (...args: readonly string[]) => fixture.mustRun('ip', '-netns', namespace, ...args);
    await fixture.mustRun('ip', 'netns', 'add', namespace);
    await ip('link', 'set', 'lo', 'up');
    // One end of a cable whose other end is down has no carrier, as a bridge of Docker without containers.
    await ip('link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'nobody');
    await ip('link', 'set', 'docker0', 'up');
    const target = await fixture.target({ kind: 'echo' }, inside, { host: '127.0.0.1', port: 7_001 });
    const listener = { host: '127.0.0.1', port: 8_080 };
    const forwards = [`0.0.0.0:${listener.port}=${own}:${listener.port}`, '127.0.0.1:8081=127.0.0.1:7001'];
    const gateway = await fixture.gateway({ args: ['forward', ...forwards], inside });
    const neighbour = await fixture.neighbour({ host: '127.0.0.1', port: 8_081 }, { wrap: inside });
    const clients = fixture.clients(inside);
    // Before the address is there: the gateway looks at its own addresses now, and knows them for five seconds.
    const early = await clients.ask('attempt', { to: [listener], count: 1, atOnce: 1, patience: 5_000 });
    fixture.check('without the address, a client is reset', early.counts.ECONNRESET === 1, early.counts);
    await ip('address', 'add', `${own}/16`, 'dev', 'docker0');
    await watchLoop(fixture, { listener, gateway, clients });
    const { loop = 0 } = gateway.log.reasons();
    fixture.check('sessions ended as `loop`', loop > 0, gateway.log.reasons());
    const logged = gateway.log.lines().some(({ err, error }) => /own listener/.test(JSON.stringify([err, error])));
    fixture.check('and the log has the reason', logged, gateway.log.reasons());
    await fixture.over(gateway, neighbour);
    await target.agent.ask('counts', null);

    await mustNotStart(
      fixture,
      inside,
      ['forward', forwards[0] ?? ''],
      /172\.17\.0\.1:8080: that is this gateway's own/,
    );
    await ip('route', 'add', 'local', '10.9.0.0/16', 'dev', 'lo');
    await mustNotStart(
      fixture,
      inside,
      ['forward', '8080=10.9.3.4:8080'],
      /10\.9\.3\.4:8080: that is this gateway's own/,
    );
    fixture.saw('both refused at start, exit 2');
  },
};
