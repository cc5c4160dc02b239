import type { BulkLoad, BulkMode } from '../agents/bulk-load.ts';
import type { BulkTarget } from '../agents/bulk-target.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

/** One connection that moves as much as it can, every byte compared on arrival. */
function bulk(mode: BulkMode): Scenario {
  return {
    name: mode === 'one way' ? 'bulk' : 'bulk-both-ways',
    title: `Bulk TCP ${mode}, one connection`,
    logs: 'problems',
    figures: [
      { key: 'rate', label: 'throughput', unit: 'GB/s', better: 'more', of: 'path', charted: true },
      { key: 'cpu', label: 'CPU per GB', unit: 'ms', better: 'less', of: 'forwarder', charted: true },
      { key: 'moved', label: 'moved a round', unit: 'GB', better: 'more', of: 'path' },
    ],
    async start(stage, timing) {
      const server = stage.target<BulkTarget>('bulk-target');
      const load = stage.load<BulkLoad>('bulk-load');
      const target = await stage.endpoint();
      await server.ask('listen', target);
      return {
        target,
        async measure(forwarder) {
          const run = await load.ask('run', { ...windowOf(timing, forwarder), to: forwarder.at, mode });
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
          return costs(gigabytes, forwarder, 1e3, { moved: (run.sent + ours.bytes) / 1e9 });
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
