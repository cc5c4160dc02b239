import type { HttpTarget } from '../agents/http-target.ts';
import type { KeepAliveLoad } from '../agents/keep-alive-load.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

const connections = 64;

/** HTTP requests over connections that stay open. */
export const keepAlive: Scenario = {
  name: 'keep-alive',
  title: `HTTP keep-alive, ${connections} connections`,
  logs: 'problems',
  figures: [
    { key: 'rate', label: 'requests', unit: '/s', better: 'more', of: 'path', charted: true },
    { key: 'cpu', label: 'CPU per request', unit: 'us', better: 'less', of: 'forwarder', charted: true },
    { key: 'p50', label: 'p50', unit: 'us', better: 'less', of: 'path' },
    { key: 'p99', label: 'p99', unit: 'us', better: 'less', of: 'path' },
  ],
  async start(stage, timing) {
    const server = stage.target<HttpTarget>('http-target');
    const load = stage.load<KeepAliveLoad>('keep-alive-load');
    const target = await stage.endpoint();
    await server.ask('listen', target);
    return {
      target,
      async measure(forwarder) {
        const result = await load.ask('run', { ...windowOf(timing, forwarder), to: forwarder.at, connections });
        if (result.wrong > 0) throw new Error(`Cannot trust the measurement: ${result.wrong} requests went wrong`);
        return costs(result, forwarder, 1e6, { p50: result.p50, p99: result.p99 });
      },
      async stop() {
        await Promise.all([load.stop(), server.stop()]);
      },
    };
  },
};
