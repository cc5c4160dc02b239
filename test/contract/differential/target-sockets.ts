import { createServer, type Server, type Socket } from 'node:net';
import { Meeting } from './meeting.ts';

/** A server whose connections are found by the address and port that they come from. */
export class TargetSockets {
  readonly address: string;
  readonly port: number;
  private readonly server: Server;
  private readonly sockets: Meeting<Socket>;

  private constructor(address: string, port: number, server: Server, sockets: Meeting<Socket>) {
    this.address = address;
    this.port = port;
    this.server = server;
    this.sockets = sockets;
  }

  static async open(host = '127.0.0.1'): Promise<TargetSockets> {
    const sockets = new Meeting<Socket>();
    // Paused: nothing is read, and no error can come, before it is taken.
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      sockets.put(`${socket.remoteAddress}:${socket.remotePort}`, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const bound = server.address();
    if (typeof bound !== 'object' || bound === null) throw new Error('Cannot open a target: it has no port');
    return new TargetSockets(host, bound.port, server, sockets);
  }

  /** The connection from that address and port. It does not read yet: `resume` it. */
  take(address: string, port: number): Promise<Socket> {
    return this.sockets.take(`${address}:${port}`);
  }

  close(): void {
    this.server.close();
  }
}
