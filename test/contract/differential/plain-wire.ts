import { connectSocket } from './connect-socket.ts';
import { End } from './end.ts';
import { Pattern } from './pattern.ts';
import { TargetSockets } from './target-sockets.ts';
import type { Connected, Joined, Wire } from './wire.ts';

/** No gateway at all: the client is connected to the target. */
export class PlainWire implements Wire {
  readonly name = 'plain';
  private readonly targets: TargetSockets;
  private sessions = 0;

  private constructor(targets: TargetSockets) {
    this.targets = targets;
  }

  static async open(): Promise<PlainWire> {
    return new PlainWire(await TargetSockets.open());
  }

  async connect(): Promise<Connected> {
    this.sessions += 1;
    const toTarget = new Pattern(this.sessions, 'to target');
    const toClient = new Pattern(this.sessions, 'to client');
    const socket = await connectSocket(this.targets);
    const client = new End('client', socket, toTarget, toClient);
    return {
      client,
      join: async (): Promise<Joined> => {
        const { localAddress = '', localPort = 0 } = socket;
        const target = new End('target', await this.targets.take(localAddress, localPort), toClient, toTarget);
        return { client, target };
      },
    };
  }

  close(): void {
    this.targets.close();
  }
}
