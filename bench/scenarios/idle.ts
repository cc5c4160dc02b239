import type { EchoTarget } from '../agents/echo-target.ts';
import type { IdleLoad } from '../agents/idle-load.ts';
import { settledMemory } from '../process/settled-memory.ts';
import type { Figure, Scenario } from './scenario.ts';

/** Sessions opened and ended before the first look at memory, so that compiled code and warm heaps are not counted. */
const warmUpSessions = 200;

/**
 * How many are open when memory is looked at, in one climb. Several, because the figure depends on the number, and the
 * verdict must not depend on which number was picked.
 */
const sizes = [2_000, 4_000, 8_000];

/** What a session costs in memory while it does nothing. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Memory of idle sessions',
  logs: 'problems',
  figures: [
    ...sizes.map(
      (size): Figure => ({
        key: keyOf(size),
        label: `RSS per session, ${size.toLocaleString('en-US')} open`,
        unit: 'KiB',
        better: 'less',
        of: 'forwarder',
        charted: true,
      }),
    ),
    { key: 'baseline', label: 'RSS before', unit: 'MiB', better: 'less', of: 'forwarder' },
  ],
  async start(stage) {
    const server = stage.target<EchoTarget>('echo-target');
    const load = stage.load<IdleLoad>('idle-load');
    const target = await stage.endpoint();
    await server.ask('listen', target);
    return {
      target,
      async measure({ at: to, pid }, mostSessions) {
        if (pid === undefined) return { sample: {} };
        await load.ask('open', { to, sessions: warmUpSessions });
        await load.ask('close', null);
        const before = await settledMemory(pid);
        const sample: Record<string, number> = { baseline: before / 1024 / 1024 };
        let open = 0;
        for (const size of sizes.filter((each) => each <= mostSessions)) {
          await load.ask('open', { to, sessions: size - open });
          open = size;
          sample[keyOf(size)] = ((await settledMemory(pid)) - before) / size / 1024;
        }
        const { alive } = await load.ask('close', null);
        if (alive !== open)
          throw new Error(`Cannot trust the forwarder: ${alive} of ${open} sessions were still alive`);
        return { sample };
      },
      async stop() {
        await Promise.all([load.stop(), server.stop()]);
      },
    };
  },
};

function keyOf(size: number): string {
  return `rss${size}`;
}
