import { createServer, type Server, type Socket } from 'node:net';
import type { Acceptor, Dial, Engine, Leg, Relay, RelayOptions } from '../../src/engine/engine.ts';
import { connectSocket } from './differential/connect-socket.ts';
import { Meeting } from './differential/meeting.ts';
import { TargetSockets } from './differential/target-sockets.ts';
import { longTimeouts } from './engine-fixture.ts';

/**
 * Clients and targets are spread over so many loopback addresses: what waits in TIME_WAIT holds its port for a minute,
 * and one pair of addresses has 28,000 of them.
 */
const clientAddresses = 20;
const targetAddresses = 8;

/** A session whose ends are bare sockets; both read, and errors are ignored. */
export interface BareSession {
  readonly client: Socket;
  readonly target: Socket;
  readonly relay: Relay;
}

/** A client whose target is not there yet. */
export interface Incoming {
  readonly client: Socket;
  readonly leg: Leg;
}

/** One engine with an acceptor and targets, for sessions in great number: nothing is kept per session. */
export class LeakFixture {
  readonly engine: Engine;
  private readonly acceptor: Acceptor;
  private readonly legs: Meeting<Leg>;
  private readonly targets: readonly TargetSockets[];
  /** The target of dials whose connections are not used. */
  private readonly sink: Server;
  private sessions = 0;

  private constructor(
    engine: Engine,
    acceptor: Acceptor,
    legs: Meeting<Leg>,
    targets: readonly TargetSockets[],
    sink: Server,
  ) {
    this.engine = engine;
    this.acceptor = acceptor;
    this.legs = legs;
    this.targets = targets;
    this.sink = sink;
  }

  static async open(engine: Engine): Promise<LeakFixture> {
    const legs = new Meeting<Leg>();
    const listening = await engine.listen(
      { address: '127.0.0.1', port: 0, dualStack: false },
      { room: () => 'free', onClient: (leg) => legs.put(`${leg.remote.address}:${leg.remote.port}`, leg) },
    );
    if (!listening.ok) throw listening.error;
    const hosts = Array.from({ length: targetAddresses }, (_, index) => `127.0.0.${index + 1}`);
    const targets = await Promise.all(hosts.map((host) => TargetSockets.open(host)));
    const sink = createServer((socket) => bare(socket));
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    return new LeakFixture(engine, listening.acceptor, legs, targets, sink);
  }

  /** A client and its leg. */
  async incoming(): Promise<Incoming> {
    this.sessions += 1;
    const from = `127.0.0.${(this.sessions % clientAddresses) + 1}`;
    const client = bare(await connectSocket({ ...this.acceptor.local, localAddress: from }));
    const leg = await this.legs.take(`${from}:${client.localPort}`);
    return { client, leg };
  }

  /** A whole session. */
  async session(options: Partial<RelayOptions> = {}): Promise<BareSession> {
    return this.join(await this.incoming(), options);
  }

  /** A whole session with a client that is there. */
  async join({ client, leg }: Incoming, options: Partial<RelayOptions> = {}): Promise<BareSession> {
    const to = this.targets[this.sessions % targetAddresses];
    if (to === undefined) throw new Error('Cannot dial: there is no target');
    const dialed = await this.engine.dial(to, { timeout: 10_000 }).done;
    if (!dialed.ok) throw new Error(`Cannot dial: ${dialed.reason}`, { cause: dialed.error });
    const { address, port } = dialed.leg.local;
    // First: a session that is over before its target is accepted has a target without an address.
    const target = bare(await to.take(address, port));
    return { client, target, relay: this.engine.relay(leg, dialed.leg, { ...longTimeouts, ...options }) };
  }

  /** A dial whose connection is not used at the other end. */
  dialSink(): Dial {
    const address = this.sink.address();
    if (typeof address !== 'object' || address === null) throw new Error('Cannot dial: the sink is closed');
    return this.engine.dial(address, { timeout: 10_000 });
  }

  close(): void {
    this.acceptor.close();
    for (const target of this.targets) target.close();
    this.sink.close();
    this.engine.shutDown();
  }
}

function bare(socket: Socket): Socket {
  return socket.on('error', () => {}).resume();
}
