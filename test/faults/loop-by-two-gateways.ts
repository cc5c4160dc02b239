import type { Fault } from './fault.ts';
import { openNetwork, targetHosts } from './network.ts';
import { watchLoop } from './watched-loop.ts';

/** Where the network's one end is, see `openNetwork`. */
const here = '10.77.0.1';

/** Two gateways whose targets are each other. */
export const loopByTwoGateways: Fault = {
  name: 'loop-by-two-gateways',
  title: 'two gateways lead to each other',
  load: 'a forward to the other on both; clients that end at once',
  expected: 'at most 64 sessions at once on each, one warning; nothing goes on after its client',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const network = await openNetwork(fixture);
    const [there] = targetHosts;
    await fixture.target({ kind: 'echo' }, network.gateway, { host: '127.0.0.1', port: 7_001 });
    const forwards = [`0.0.0.0:8080=${there}:8080`, '127.0.0.1:8081=127.0.0.1:7001'];
    const gateway = await fixture.gateway({ args: ['forward', ...forwards], inside: network.gateway });
    const other = await fixture.gateway({ args: ['forward', `0.0.0.0:8080=${here}:8080`], inside: network.targets });
    const neighbour = await fixture.neighbour({ host: '127.0.0.1', port: 8_081 }, { wrap: network.gateway });
    const listener = { host: '127.0.0.1', port: 8_080 };
    await watchLoop(fixture, { listener, gateway, others: [other], clients: fixture.clients(network.gateway) });
    const warnings = [gateway, other].map(
      ({ log }) => log.lines().filter(({ cause }) => cause === 'possible loop').length,
    );
    const right = warnings.every((count) => count <= 1) && warnings.some((count) => count === 1);
    fixture.check('one warning of `possible loop` at most, and one at least in all', right, warnings);
    await fixture.over(other);
    await fixture.over(gateway, neighbour);
  },
};
