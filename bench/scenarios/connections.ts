import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionLoad } from '../agents/connection-load.ts';
import type { HttpTarget } from '../agents/http-target.ts';
import type { Logs, Running } from '../forwarders/start.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

const atOnce = 32;
/** Far fewer units of work a second than elsewhere: the compiler needs longer to find out what is hot. */
const longerWarmUp = 2.5;
/** How long the last log lines may take, milliseconds. */
const logDeadline = 3_000;

/** HTTP with a connection per request; the target's own count proves that there was one. */
function connectionPerRequest(logs: Logs): Scenario {
  return {
    name: logs === 'problems' ? 'connections' : 'connections-logged',
    title: `HTTP, a connection per request, ${logs === 'problems' ? `${atOnce} at once` : 'each logged'}`,
    logs,
    figures: [
      { key: 'rate', label: 'connections', unit: '/s', better: 'more', of: 'path', charted: true },
      { key: 'cpu', label: 'CPU per connection', unit: 'us', better: 'less', of: 'forwarder', charted: true },
    ],
    async start(stage, usual) {
      const timing = { ...usual, warmUp: usual.warmUp * longerWarmUp };
      const server = stage.target<HttpTarget>('http-target');
      const load = stage.load<ConnectionLoad>('connection-load');
      const target = await stage.endpoint();
      await server.ask('listen', target);
      return {
        target,
        async measure(forwarder) {
          const before = await server.ask('counts', null);
          const result = await load.ask('run', { ...windowOf(timing, forwarder), to: forwarder.at, atOnce });
          const after = await server.ask('counts', null);
          if (result.wrong > 0) throw new Error(`Cannot trust the measurement: ${result.wrong} connections went wrong`);
          const opened = after.connections - before.connections;
          if (opened !== result.answered) {
            throw new Error(`Cannot trust the measurement: ${result.answered} answers over ${opened} connections`);
          }
          await allLogged(forwarder, opened);
          return costs(result, forwarder, 1e6);
        },
        async stop() {
          await Promise.all([load.stop(), server.stop()]);
        },
      };
    },
  };
}

/** Waits until there is a line for each connection, where there has to be. */
async function allLogged({ logLines }: Running, connections: number): Promise<void> {
  if (logLines === undefined) return;
  const end = Date.now() + logDeadline;
  for (;;) {
    const lines = logLines();
    if (lines >= connections) return;
    if (Date.now() > end) throw new Error(`Cannot trust the measurement: ${lines} log lines of ${connections}`);
    await delay(20);
  }
}

export const connections: Scenario = connectionPerRequest('problems');
export const loggedConnections: Scenario = connectionPerRequest('a line each');
