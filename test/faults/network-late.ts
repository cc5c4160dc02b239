import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { GatewayLog } from './gateway-log.ts';
import { openNetwork } from './network.ts';

/** The gateway's address and default route come up after its start, as at boot. */
export const networkLate: Fault = {
  name: 'network-late',
  title: 'network comes up after the start (address, then default route)',
  load: 'one gateway with `--subnet auto`, `--bind` to that address and `--wait-for-network 1m`',
  expected: 'it waits and logs for what; serves once both are there',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const network = await openNetwork(fixture);
    await network.run(network.gateway, 'ip', 'address', 'flush', 'dev', 'cable');
    const target = await fixture.target({ kind: 'echo' }, network.targets, { host: '10.77.0.2', port: 7_001 });
    const log = new GatewayLog();
    const services = ['--hosts', '2', '--service', `echo=30000:${target.at.port}`, '--bind', '10.77.0.1'];
    const starting = fixture.gateway({
      args: ['up', '--subnet', 'auto', '--wait-for-network', '1m', ...services],
      inside: network.gateway,
      log,
    });
    // Its outcome is taken below, an earlier failure, too.
    starting.catch(() => undefined);
    const waiting = await until('a line about what it waits for', () =>
      log.lines().find(({ msg }) => String(msg).startsWith('The network is not up: ')),
    );
    fixture.check(
      'the line names what is missing',
      String(waiting.msg).includes('this machine has no default route'),
      waiting,
    );
    await network.run(network.gateway, 'ip', 'address', 'add', '10.77.0.1/24', 'dev', 'cable');
    await network.run(network.gateway, 'ip', 'route', 'add', 'default', 'via', '10.77.0.2');
    const up = performance.now();
    const gateway = await starting;
    const waited = performance.now() - up;
    fixture.check('its network', gateway.ready.subnet === '10.77.0.0/24', gateway.ready.subnet ?? '');
    fixture.check('it goes on soon', waited < 5_000, `${Math.round(waited)} ms`);
    const neighbour = await fixture.neighbour({ host: '10.77.0.1', port: 30_002 }, { wrap: network.gateway });
    fixture.saw(`serves ${Math.round(waited)} ms after the default route came up`);
    await fixture.over(gateway, neighbour);
  },
};
