import type { EchoTarget } from '../agents/echo-target.ts';
import type { PingPongLoad } from '../agents/ping-pong-load.ts';
import { costs, type Scenario, windowOf } from './scenario.ts';

/** One byte there and back, one at a time. */
export const pingPong: Scenario = {
  name: 'ping-pong',
  title: '1-byte ping-pong, one connection',
  logs: 'problems',
  figures: [
    { key: 'p50', label: 'p50', unit: 'us', better: 'less', of: 'path', charted: true },
    { key: 'p99', label: 'p99', unit: 'us', better: 'less', of: 'path', charted: true },
    { key: 'cpu', label: 'CPU per round trip', unit: 'us', better: 'less', of: 'forwarder', charted: true },
    { key: 'rate', label: 'round trips', unit: '/s', better: 'more', of: 'path' },
  ],
  async start(stage, timing) {
    const server = stage.target<EchoTarget>('echo-target');
    const load = stage.load<PingPongLoad>('ping-pong-load');
    const target = await stage.endpoint();
    await server.ask('listen', target);
    return {
      target,
      async measure(forwarder) {
        const result = await load.ask('run', { ...windowOf(timing, forwarder), to: forwarder.at });
        if (result.wrong > 0) throw new Error(`Cannot trust the forwarder: ${result.wrong} wrong bytes came back`);
        return costs(result, forwarder, 1e6, { p50: result.p50, p99: result.p99 });
      },
      async stop() {
        await Promise.all([load.stop(), server.stop()]);
      },
    };
  },
};
