import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/base/address.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import type { PlannedListener, PlannedSessionTimeouts } from '../../src/plan/plan.ts';
import { Admission, GlobalScope } from '../../src/policy/admission.ts';
import type { Denial } from '../../src/policy/denial.ts';
import { LoopLimit } from '../../src/policy/loop-limit.ts';
import { QuickEnds } from '../../src/policy/quick-ends.ts';
import { emptyLoad, SessionLimit } from '../../src/policy/session-limit.ts';
import { acceptClient } from '../../src/session/accept-client.ts';
import { sessionDialer } from '../../src/session/dial-pool.ts';
import type { SessionContext, SessionRoute } from '../../src/session/session-context.ts';
import type { SessionRecord, SessionSnapshot } from '../../src/session/session-events.ts';
import { SessionTable } from '../../src/session/session-table.ts';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import { Pool } from '../../src/upstream/pool.ts';
import type { Lookup } from '../../src/upstream/resolver.ts';
import type { TargetGuard } from '../../src/upstream/target-guard.ts';
import { Inbox, Peer, TargetServer, until } from '../contract/peer.ts';
import { longTimeouts, plannedListener, plannedPool, plannedRules, plannedTarget } from '../helpers/planned.ts';
import { dialContext } from '../upstream/dial-fixture.ts';

interface FixtureOptions {
  readonly engine?: Engine;
  readonly lookup?: Lookup;
  readonly timeouts?: Partial<PlannedSessionTimeouts>;
  readonly loops?: LoopLimit;
  readonly quickEnds?: QuickEnds;
  readonly limits?: { readonly sessions: number; readonly perListener: number };
  /** Lets everybody in where it is left out. */
  readonly admission?: Admission;
  readonly guard?: Partial<TargetGuard>;
}

/** The session story over the stream engine, with real listeners and without a gateway around it. */
export class SessionFixture {
  readonly context: SessionContext;
  readonly opened: SessionSnapshot[] = [];
  readonly denied: Denial[] = [];
  readonly records = new Inbox<SessionRecord>();
  private readonly timeouts: PlannedSessionTimeouts;
  private readonly perListener: number;
  private readonly loops: LoopLimit;
  private readonly quickEnds: QuickEnds;
  private readonly admission: Admission | undefined;

  constructor(options: FixtureOptions = {}) {
    this.timeouts = { ...longTimeouts, ...options.timeouts };
    this.perListener = options.limits?.perListener ?? 100;
    this.admission = options.admission;
    this.loops = options.loops ?? new LoopLimit(undefined, () => false);
    this.quickEnds = options.quickEnds ?? new QuickEnds(undefined);
    const engine = options.engine ?? new StreamEngine({ waitingRoom: 8 });
    this.context = {
      engine,
      dialer: sessionDialer(engine, dialContext(options.lookup, options.guard)),
      limit: new SessionLimit(options.limits?.sessions ?? 100),
      table: new SessionTable(),
      observer: {
        wants: 'opened and closed',
        opened: (session) => this.opened.push(session),
        closed: (record) => this.records.put(record),
      },
      denied: (_, denial) => this.denied.push(denial),
    };
    onTestFinished(async () => {
      this.context.table.killAll('killed');
      await this.context.table.empty();
      this.context.engine.shutDown();
    });
  }

  /** Opens a listener that leads to `target`; resolves with its port. */
  listen(target: Endpoint, about: Partial<PlannedListener> = {}): Promise<number> {
    return this.listenFor(new Pool(plannedPool([plannedTarget(target.port, { host: target.host })])), about);
  }

  /** The same with a pool of the caller's. */
  async listenFor(pool: Pool, about: Partial<PlannedListener> = {}): Promise<number> {
    const { engine, limit } = this.context;
    const bind = { address: '127.0.0.1', port: 0, dualStack: false };
    const listener = plannedListener(bind, pool.planned, { key: 'a:1', ...about });
    const route: SessionRoute = {
      listener,
      load: emptyLoad(this.perListener),
      admission: this.admission ?? new Admission(plannedRules(), new GlobalScope({})),
      pool,
      dialFrom: new DialSources([]),
      loops: this.loops,
      quickEnds: this.quickEnds,
      timeouts: this.timeouts,
      sendsProxyHeader: false,
    };
    const listening = await engine.listen(bind, {
      room: () => limit.room(route.load, () => performance.now()),
      onClient: (leg) => acceptClient(leg, route, this.context),
    });
    if (!listening.ok) throw listening.error;
    onTestFinished(() => listening.acceptor.close());
    return listening.acceptor.local.port;
  }

  /** A client that comes through a listener to `target` on its own. */
  async connect(target: Endpoint): Promise<Peer> {
    return startPeer(await this.listen(target));
  }

  /** A session that relays: both its ends. */
  async session(): Promise<{ readonly client: Peer; readonly target: Peer }> {
    const server = await TargetServer.open();
    const client = await this.connect({ host: '127.0.0.1', port: server.port });
    const target = await server.peers.next();
    // The target has accepted; the gateway may not know yet.
    await until(() => this.context.table.snapshots().at(-1)?.state === 'relaying', 'the relay');
    return { client, target };
  }
}

/** A client that connects: where the gateway resets at once, its `connect` may never be seen (net reads SO_ERROR). */
export function startPeer(port: number): Peer {
  return new Peer(connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
}
