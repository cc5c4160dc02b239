import type { EchoTarget } from '../agents/echo-target.ts';
import type { IdleLoad } from '../agents/idle-load.ts';
import { Agent } from '../process/agent.ts';
import { settledMemory } from '../process/settled-memory.ts';
import type { Scenario } from './scenario.ts';

/** Sessions opened and ended before the first look at memory, so that compiled code and warm heaps are not counted. */
const warmUpSessions = 200;

/** What a session costs in memory while it does nothing. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Memory of idle sessions',
  figures: [
    {
      key: 'rss',
      label: 'RSS per session',
      unit: 'KiB',
      better: 'less',
      of: 'forwarder',
      atMost: 0.9,
      charted: true,
    },
    { key: 'baseline', label: 'RSS before', unit: 'MiB', better: 'less', of: 'forwarder' },
  ],
  async start(children, { idleSessions }) {
    const server = new Agent<EchoTarget>(children, 'echo-target');
    const load = new Agent<IdleLoad>(children, 'idle-load');
    return {
      target: await server.ask('listen', { host: '127.0.0.1' }),
      async measure(to, pid) {
        if (pid === undefined) return {};
        await load.ask('open', { to, sessions: warmUpSessions });
        await load.ask('close', null);
        const before = await settledMemory(pid);
        await load.ask('open', { to, sessions: idleSessions });
        const full = await settledMemory(pid);
        const { alive } = await load.ask('close', null);
        if (alive !== idleSessions) {
          throw new Error(`Cannot trust the forwarder: ${alive} of ${idleSessions} sessions were still alive`);
        }
        return { rss: (full - before) / idleSessions / 1024, baseline: before / 1024 / 1024 };
      },
      async stop() {
        await Promise.all([load.stop(), server.stop()]);
      },
    };
  },
};
