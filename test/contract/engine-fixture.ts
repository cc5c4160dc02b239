import { onTestFinished } from 'vitest';
import type { Acceptor, Dialed, Engine, Leg, ListenAddress, Relay, RelayOptions } from '../../src/engine/engine.ts';
import { connectPeer, Inbox, type Peer, TargetServer } from './peer.ts';

const hour = 3_600_000;
export const longTimeouts: RelayOptions = { idle: hour, halfClosed: hour, keepAlive: 120_000 };
const loopback: ListenAddress = { address: '127.0.0.1', port: 0, dualStack: false };

/** A session joined by hand. */
export interface JoinedSession {
  readonly client: Peer;
  readonly target: Peer;
  readonly relay: Relay;
}

/** An engine with one acceptor and one target, joined by hand, without sessions. */
export class EngineFixture {
  readonly engine: Engine;
  readonly target: TargetServer;
  readonly acceptor: Acceptor;
  /** Accepted client legs. */
  readonly legs: Inbox<Leg>;
  private readonly gate: { open: boolean };

  private constructor(
    engine: Engine,
    target: TargetServer,
    acceptor: Acceptor,
    legs: Inbox<Leg>,
    gate: { open: boolean },
  ) {
    this.engine = engine;
    this.target = target;
    this.acceptor = acceptor;
    this.legs = legs;
    this.gate = gate;
  }

  static async open(engine: Engine, at = loopback): Promise<EngineFixture> {
    const target = await TargetServer.open();
    const legs = new Inbox<Leg>();
    const gate = { open: true };
    const listening = await engine.listen(at, {
      room: () => (gate.open ? 'free' : 'none'),
      onClient: (leg) => legs.put(leg),
    });
    if (!listening.ok) throw listening.error;
    onTestFinished(() => {
      listening.acceptor.close();
      engine.shutDown();
    });
    return new EngineFixture(engine, target, listening.acceptor, legs, gate);
  }

  /** Whether new clients are let in, or have to wait, from now on. */
  setRoom(room: 'free' | 'full'): void {
    this.gate.open = room === 'free';
  }

  connect(host = '127.0.0.1', from?: string): Promise<Peer> {
    return connectPeer(this.acceptor.local.port, host, from);
  }

  dial(port = this.target.port, timeout = 5000, address = '127.0.0.1'): Promise<Dialed> {
    return this.engine.dial({ address, port }, { timeout }).done;
  }

  /** A whole session: both ends and the relay between them. */
  async session(options = longTimeouts): Promise<JoinedSession> {
    const [client, leg] = await Promise.all([this.connect(), this.legs.next()]);
    return { client, ...(await this.join(leg, options)) };
  }

  /** Dials the target for a client leg, and relays. */
  async join(leg: Leg, options = longTimeouts): Promise<Omit<JoinedSession, 'client'>> {
    const [target, dialed] = await Promise.all([this.target.peers.next(), this.dial()]);
    if (!dialed.ok) throw new Error(`dial: ${dialed.reason}`);
    const relay = this.engine.relay(leg, dialed.leg, options);
    onTestFinished(() => relay.kill('killed'));
    return { target, relay };
  }
}
