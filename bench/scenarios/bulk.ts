import type { BulkLoad, BulkMode } from '../agents/bulk-load.ts';
import type { BulkTarget } from '../agents/bulk-target.ts';
import { Agent } from '../process/agent.ts';
import { freeEndpoint } from '../process/free-port.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

/** One connection that moves as much as it can, every byte compared on arrival. */
function bulk(mode: BulkMode): Scenario {
  return {
    name: mode === 'one way' ? 'bulk' : 'bulk-both-ways',
    title: `Bulk TCP ${mode}, one connection`,
    figures: [
      { key: 'rate', label: 'throughput', unit: 'GB/s', better: 'more', of: 'path', charted: true },
      { key: 'cpu', label: 'CPU per GB', unit: 'ms', better: 'less', of: 'forwarder', atMost: 0.75, charted: true },
      { key: 'moved', label: 'moved a round', unit: 'GB', better: 'more', of: 'path' },
    ],
    async start(children, timing) {
      const server = new Agent<BulkTarget>(children, 'bulk-target');
      const load = new Agent<BulkLoad>(children, 'bulk-load');
      const target = await freeEndpoint();
      await server.ask('listen', target);
      return {
        target,
        async measure(to, pid) {
          const run = await load.ask('run', { ...windowOf(timing, pid), to, mode });
          const theirs = await server.ask('finish', { expected: run.sent });
          const ours = await load.ask('received', null);
          const brokenAt = ours.brokenAt ?? theirs.brokenAt;
          if (brokenAt !== undefined) throw new Error(`Cannot trust the forwarder: wrong bytes from ${brokenAt} on`);
          if (ours.bytes !== theirs.sent || run.sent !== theirs.received) {
            throw new Error(
              `Cannot trust the forwarder: ${theirs.sent} and ${run.sent} bytes sent, ` +
                `${ours.bytes} and ${theirs.received} arrived`,
            );
          }
          const gigabytes = { ...run, units: run.units / 1e9 };
          return { ...costs(gigabytes, pid, 1e3), moved: (run.sent + ours.bytes) / 1e9 };
        },
        async stop() {
          await Promise.all([load.stop(), server.stop()]);
        },
      };
    },
  };
}

export const bulkOneWay: Scenario = bulk('one way');
export const bulkBothWays: Scenario = bulk('both ways');
