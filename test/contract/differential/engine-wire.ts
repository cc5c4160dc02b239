import type { Acceptor, Engine, Leg } from '../../../src/engine/engine.ts';
import { longTimeouts } from '../engine-fixture.ts';
import { connectSocket } from './connect-socket.ts';
import { End } from './end.ts';
import { Meeting } from './meeting.ts';
import { Pattern } from './pattern.ts';
import { TargetSockets } from './target-sockets.ts';
import type { Connected, Joined, Wire } from './wire.ts';

/** One engine, one acceptor and one target, shared by all sessions. */
export class EngineWire implements Wire {
  readonly name: string;
  private readonly engine: Engine;
  private readonly targets: TargetSockets;
  private readonly acceptor: Acceptor;
  private readonly legs: Meeting<Leg>;
  private sessions = 0;

  private constructor(name: string, engine: Engine, targets: TargetSockets, acceptor: Acceptor, legs: Meeting<Leg>) {
    this.name = name;
    this.engine = engine;
    this.targets = targets;
    this.acceptor = acceptor;
    this.legs = legs;
  }

  static async open(name: string, engine: Engine): Promise<EngineWire> {
    const legs = new Meeting<Leg>();
    const listening = await engine.listen(
      { address: '127.0.0.1', port: 0, dualStack: false },
      { room: () => 'free', onClient: (leg) => legs.put(`${leg.remote.port}`, leg) },
    );
    if (!listening.ok) throw listening.error;
    return new EngineWire(name, engine, await TargetSockets.open(), listening.acceptor, legs);
  }

  async connect(): Promise<Connected> {
    this.sessions += 1;
    const toTarget = new Pattern(this.sessions, 'to target');
    const toClient = new Pattern(this.sessions, 'to client');
    const socket = await connectSocket(this.acceptor.local);
    const leg = await this.legs.take(`${socket.localPort}`);
    const client = new End('client', socket, toTarget, toClient);
    return {
      client,
      join: async (): Promise<Joined> => {
        const dialed = await this.engine.dial(this.targets, { timeout: 10_000 }).done;
        if (!dialed.ok) throw new Error(`Cannot dial: ${dialed.reason}`, { cause: dialed.error });
        const { address, port } = dialed.leg.local;
        const relay = this.engine.relay(leg, dialed.leg, longTimeouts);
        const target = new End('target', await this.targets.take(address, port), toClient, toTarget);
        return { client, target, relay };
      },
    };
  }

  close(): void {
    this.acceptor.close();
    this.targets.close();
    this.engine.shutDown();
  }
}
