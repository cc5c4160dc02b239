import { Agent } from '../../bench/process/agent.ts';
import { until } from '../helpers/until.ts';
import type { MetadataService } from './agents/metadata-service.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import { GatewayLog } from './gateway-log.ts';
import { openNetwork } from './network.ts';

/** Where metadata services answer, and the answers of this one in turn; only the last is an address of the gateway. */
const service = '169.254.169.254';
const lies = ['127.0.0.1', '8.8.8.8'] as const;
const own = '10.78.16.9';
/** A host of 10.78.16.0/20 that no /24 around the gateway's address has: number 259. */
const host = '10.78.17.3';
const port = 7_001;

/** The metadata service answers what cannot be, then an address that came up after the start. */
export const metadataLies: Fault = {
  name: 'metadata-lies',
  title: 'metadata service answers with loopback, then with 8.8.8.8, then with an address that came up meanwhile',
  load: 'one gateway that starts, IMDSv2 demanded; two network namespaces',
  expected: 'a failed try each with its reason, and no listener; then the network of the interface, a /20',
  needs: ['root', 'namespaces'],
  async run(fixture) {
    const network = await openNetwork(fixture);
    await network.run(network.gateway, 'ip', 'route', 'add', 'default', 'via', '10.77.0.2');
    await network.run(network.targets, 'ip', 'address', 'add', `${service}/32`, 'dev', 'lo');
    await network.run(network.targets, 'ip', 'address', 'add', `${host}/20`, 'dev', 'cable');
    const metadata = new Agent<MetadataService>(fixture.children, faultAgent('metadata-service'), network.targets);
    await metadata.ask('listen', { at: { host: service, port: 80 }, local: lies[0], tokens: 'demanded' });
    await fixture.target({ kind: 'echo' }, network.targets, { host, port });

    const log = new GatewayLog();
    const services = ['--hosts', '259', '--service', `echo=30000:${port}`, '--bind', '127.0.0.1'];
    const starting = fixture.gateway({
      args: ['up', '--subnet', 'metadata', '--metadata-timeout', '1m', ...services],
      inside: network.gateway,
      log,
    });
    const clients = fixture.clients(network.gateway);
    const to = { host: '127.0.0.1', port: 30_259 };
    const lied = async (address: string): Promise<void> => {
      const expected = `it answers ${address}, but `;
      const line = await until(`a try that failed at ${address}`, () =>
        log.lines().find(({ msg }) => String(msg).includes(expected)),
      );
      fixture.check(`${address}: the reason`, /(no interface|is a loopback)/.test(String(line.msg)), line);
      const { counts } = await clients.ask('attempt', { to: [to], count: 1, atOnce: 1, patience: 5_000 });
      fixture.check(`${address}: nothing is served`, counts.ECONNREFUSED === 1, counts);
    };
    // Its outcome is taken below, an earlier failure, too.
    starting.catch(() => undefined);
    await lied(lies[0]);
    await metadata.ask('answer', { local: lies[1] });
    await lied(lies[1]);
    await network.run(network.gateway, 'ip', 'address', 'add', `${own}/20`, 'dev', 'cable');
    await metadata.ask('answer', { local: own });

    const gateway = await starting;
    fixture.check('the network of the interface', gateway.ready.subnet === '10.78.16.0/20', gateway.ready.subnet ?? '');
    const neighbour = await fixture.neighbour(to, { wrap: network.gateway });
    const tries = log.lines().filter(({ msg }) => String(msg).includes('trying again')).length;
    fixture.saw(`${tries} answers not taken, then ${gateway.ready.subnet}`);
    await fixture.over(gateway, neighbour);
  },
};
