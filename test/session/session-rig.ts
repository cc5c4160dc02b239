import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import type { PlannedListener, PlannedTarget, PlannedTimeouts } from '../../src/plan/plan.ts';
import { SessionLimit } from '../../src/policy/session-limit.ts';
import { runSession, type SessionHouse } from '../../src/session/run-session.ts';
import type { SessionRecord, SessionSnapshot } from '../../src/session/session-events.ts';
import { SessionTable } from '../../src/session/session-table.ts';
import { type Lookup, Resolver } from '../../src/upstream/resolver.ts';
import { Inbox, Peer, TargetServer, until } from '../contract/peer.ts';

const hour = 3_600_000;
const longTimeouts: PlannedTimeouts = { dial: 5000, idle: hour, halfClosed: hour, keepAlive: 120_000, drain: hour };

interface RigOptions {
  readonly engine?: StreamEngine;
  readonly lookup?: Lookup;
  readonly timeouts?: Partial<PlannedTimeouts>;
  readonly limits?: { readonly sessions: number; readonly perListener: number };
}

/** The session story over the stream engine, with real listeners and without a gateway around it. */
export class SessionRig {
  readonly house: SessionHouse;
  readonly opened: SessionSnapshot[] = [];
  readonly records = new Inbox<SessionRecord>();

  constructor(options: RigOptions = {}) {
    this.house = {
      engine: options.engine ?? new StreamEngine({ waitingRoom: 8 }),
      resolver: new Resolver(options.lookup),
      limit: new SessionLimit(options.limits ?? { sessions: 100, perListener: 100 }),
      table: new SessionTable(),
      timeouts: { ...longTimeouts, ...options.timeouts },
      observer: {
        wants: 'opened and closed',
        opened: (session) => this.opened.push(session),
        closed: (record) => this.records.put(record),
      },
    };
    onTestFinished(async () => {
      this.house.table.killAll('killed');
      await this.house.table.empty();
      this.house.engine.shutDown();
    });
  }

  /** Opens a listener that leads to `target`; resolves with its port. */
  async listen(target: PlannedTarget, about: Partial<PlannedListener> = {}): Promise<number> {
    const { engine, limit } = this.house;
    const load = { sessions: 0 };
    const bind = { address: '127.0.0.1', port: 0, dualStack: false };
    const listener: PlannedListener = { key: 'a:1', kind: 'forward', name: 'one', ...about, bind, targets: [target] };
    const listening = await engine.listen(bind, {
      hasRoom: () => limit.hasRoom(load),
      onClient: (leg) => void runSession(leg, listener, load, this.house),
    });
    if (!listening.ok) throw listening.error;
    onTestFinished(() => listening.door.close());
    return listening.door.local.port;
  }

  /** A client that comes through a listener to `target` on its own. */
  async connect(target: PlannedTarget): Promise<Peer> {
    return startPeer(await this.listen(target));
  }

  /** A session that relays: both its ends. */
  async session(): Promise<{ readonly client: Peer; readonly target: Peer }> {
    const server = await TargetServer.open();
    const client = await this.connect({ host: '127.0.0.1', port: server.port });
    const target = await server.peers.next();
    // The target has accepted; the gateway may not know yet.
    await until(() => this.house.table.snapshots().at(-1)?.state === 'relaying', 'the relay');
    return { client, target };
  }
}

/** A client that connects: where the gateway resets at once, its `connect` may never be seen (net reads SO_ERROR). */
export function startPeer(port: number): Peer {
  return new Peer(connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
}
