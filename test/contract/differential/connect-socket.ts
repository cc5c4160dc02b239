import { connect, type Socket } from 'node:net';

interface To {
  readonly address: string;
  readonly port: number;
  /** Where it comes from. */
  readonly localAddress?: string;
}

/** A connected socket that does not read yet: `resume` it. */
export function connectSocket({ address, port, localAddress }: To): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: address,
      allowHalfOpen: true,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
    });
    // Paused before it is connected: libuv does not read, and no reset is missed.
    socket.pause();
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}
