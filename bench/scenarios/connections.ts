import type { ConnectionLoad } from '../agents/connection-load.ts';
import type { HttpTarget } from '../agents/http-target.ts';
import { Agent } from '../process/agent.ts';
import { freeEndpoint } from '../process/free-port.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

const atOnce = 32;
/** Far fewer units of work a second than elsewhere: the compiler needs longer to find out what is hot. */
const longerWarmUp = 2.5;

/** HTTP with a connection per request; the target's own count proves that there was one. */
export const connections: Scenario = {
  name: 'connections',
  title: `HTTP, a connection per request, ${atOnce} at once`,
  figures: [
    { key: 'rate', label: 'connections', unit: '/s', better: 'more', of: 'path', charted: true },
    { key: 'cpu', label: 'CPU per connection', unit: 'us', better: 'less', of: 'forwarder', atMost: 1, charted: true },
  ],
  async start(children, usual) {
    const timing = { ...usual, warmUp: usual.warmUp * longerWarmUp };
    const server = new Agent<HttpTarget>(children, 'http-target');
    const load = new Agent<ConnectionLoad>(children, 'connection-load');
    const target = await freeEndpoint();
    await server.ask('listen', target);
    return {
      target,
      async measure(to, pid) {
        const before = await server.ask('counts', null);
        const result = await load.ask('run', { ...windowOf(timing, pid), to, atOnce });
        const after = await server.ask('counts', null);
        if (result.wrong > 0) throw new Error(`Cannot trust the measurement: ${result.wrong} connections went wrong`);
        const opened = after.connections - before.connections;
        if (opened !== result.answered) {
          throw new Error(`Cannot trust the measurement: ${result.answered} answers over ${opened} connections`);
        }
        return costs(result, pid, 1e6);
      },
      async stop() {
        await Promise.all([load.stop(), server.stop()]);
      },
    };
  },
};
