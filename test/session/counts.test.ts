import { expect, it } from 'vitest';
import { chooseLoop } from '../../src/engine/loop.ts';
import { SpliceEngine } from '../../src/engine/splice/splice-engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import { Admission, GlobalScope } from '../../src/policy/admission.ts';
import { LoopLimit, type PossibleLoop } from '../../src/policy/loop-limit.ts';
import { emptyLoad } from '../../src/policy/session-limit.ts';
import { writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { openBlackHole } from '../contract/black-hole.ts';
import { TargetServer, until } from '../contract/peer.ts';
import { plannedPool, plannedRules, plannedTarget } from '../helpers/planned.ts';
import { closedPort } from './closed-port.ts';
import { SessionFixture, startPeer } from './session-fixture.ts';

/** Every client may be a loop. */
class AllLoops extends LoopLimit {
  readonly inside = new Set<PossibleLoop>();
  private readonly happens: (share: number) => boolean;

  constructor(happens: (share: number) => boolean) {
    super(20, () => false);
    this.happens = happens;
  }

  override mayLoop(): boolean {
    return true;
  }

  override hasRoom(): boolean {
    return this.happens(0.8);
  }

  override enter(session: PossibleLoop): void {
    expect(this.inside.has(session)).toBe(false);
    this.inside.add(session);
  }

  override release(session: PossibleLoop): void {
    this.leave(session);
  }

  override leave(session: PossibleLoop): void {
    expect(this.inside.delete(session)).toBe(true);
  }
}

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;
const engines = {
  stream: () => new StreamEngine({ waitingRoom: 8 }),
  splice: () => new SpliceEngine(libc, chooseLoop(libc), { pipes: 4 }),
};
const sessions = 40;
/** One name hangs, one fails, and all others have a silent address before one that may answer. */
const lookup = (name: string) => {
  if (name === 'hangs.test') return new Promise<never>(() => {});
  if (name === 'fails.test') return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
  return Promise.resolve([{ address: '127.255.255.254' }, { address: '127.0.0.1' }]);
};

it.each(['stream', 'splice'] as const)('%s: however sessions end, all counts return to zero', async (name) => {
  const happens = (share: number): boolean => Math.random() < share;
  const perSource = { sessions: 30, ipv4Prefix: 32, ipv6Prefix: 64 };
  const globals = new GlobalScope({ perSource, perTarget: 25, sessions: 80 });
  const limits = { perSource, perTarget: 20, sessions: 35 };
  const plain = new Admission(plannedRules({ limits }), globals);
  const byHeader = new Admission(plannedRules({ limits, acceptProxyFrom: ['127.0.0.0/8'] }), globals);
  const loops = new AllLoops(happens);
  const guards = {
    guard: () => (happens(0.05) ? 'Cannot dial' : undefined),
    connected: { watches: () => true, check: () => (happens(0.1) ? 'Cannot dial' : undefined) },
  };
  const timeouts = { dial: 60, dialTotal: 150, idle: 100, proxyHeader: 60 };
  const common = { lookup, loops, guards, timeouts, limits: { sessions, perListener: 30 } };
  const server = await TargetServer.open();
  server.server.on('connection', (socket) => socket.on('data', (data) => socket.write(data)));
  const ports = [server.port, await closedPort(), await openBlackHole()];
  const hosts = ['127.0.0.1', '127.0.0.1', '127.0.0.1', 'hangs.test', 'fails.test', 'walks.test'];
  const pick = <T>(list: readonly T[]): T => {
    const one = list[Math.floor(Math.random() * list.length)];
    if (one === undefined) throw new Error('an empty list');
    return one;
  };
  for (const admission of [plain, byHeader]) {
    const fixture = new SessionFixture({ ...common, admission, engine: engines[name]() });
    const pools = Array.from({ length: 6 }, (_, index) => {
      const targets = Array.from({ length: 1 + (index % 4) }, () => plannedTarget(pick(ports), { host: pick(hosts) }));
      return new Pool(plannedPool(targets, { name: `pool ${index}` }), {
        refuses: (target, now) => admission.checkTarget(target, now),
      });
    });
    const listeners = await Promise.all(pools.map((pool) => fixture.listenFor(pool)));
    const header = writeProxyHeader('v2', { ip: 0xc000_0207, port: 4711 }, { ip: 0xc633_6401, port: 443 });
    for (let step = 0; step < 300; step += 1) {
      for (let clients = 0; clients < 4; clients += 1) {
        const client = startPeer(pick(listeners));
        if (admission === byHeader && happens(0.8)) void client.send(header).catch(() => {});
        if (happens(0.5)) void client.send('hello').catch(() => {});
        const end = Math.random();
        if (end < 0.2) client.reset();
        else if (end < 0.5) setTimeout(() => client.reset(), 100 * Math.random());
        else if (end < 0.6) client.finish();
      }
      if (happens(0.03)) fixture.context.table.killAll('killed');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => fixture.context.table.size === 0, 'all sessions ended');
    const ends = fixture.context.table.endings();
    expect(pools.flatMap(({ targets }) => targets.map((target) => target.sessions))).toEqual(
      pools.flatMap(({ targets }) => targets.map(() => 0)),
    );
    expect([globals.dials.size, globals.targets.size, globals.sources.size, admission.sessions]).toEqual([0, 0, 0, 0]);
    expect(loops.inside.size).toBe(0);
    const load = emptyLoad(1_000);
    let free = 0;
    for (; fixture.context.limit.room(load, () => 0) === 'free'; free += 1) fixture.context.limit.enter(load, 0);
    expect(free).toBe(sessions);
    expect(ends.internal).toBeUndefined();
  }
});
