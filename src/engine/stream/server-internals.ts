import { readSync } from 'node:fs';
import type { Server } from 'node:net';
import { errnoOf } from '../../base/errors.ts';

/**
 * Private properties of Node's listening sockets, each looked for before it is used; `node-internals.ts` has those of connected ones.
 *
 * - `handle.onconnection` is what libuv's new clients come to, before Node makes sockets of them.
 * - `net.Server` has no pause, but its handle has `readStop` and `readStart`, as it is a stream to libuv: they take the listening
 *   socket out of libuv's polling and put it back. libuv refuses to start where the stream is not marked as readable (`uv_read_start`,
 *   src/unix/stream.c), and marks it so in `uv_tcp_connect` (src/unix/tcp.c), before the kernel says EISCONN, as the socket listens
 *   (connect(2); nothing is sent). So an acceptor that tried to connect once can be paused.
 */
export interface ServerInternals {
  /** Has `ask` called for each new client of a listening server, where the server allows it; `dropped`: it was turned away. */
  askBeforeAccepting(server: Server, ask: (incoming: Incoming) => 'welcome' | 'dropped'): void;
  /** null where new clients of this listening server cannot be left in the kernel's queue. */
  findTap(server: Server): Tap | null;
  /** Whom getpeername(2) names; null where the kernel knows none. */
  peerOf(incoming: Incoming): Peer | null;
  /** Reads what a new client that has just come has sent already: bytes; `left`: it has reset the connection, or ended it without a word. */
  firstBytes(incoming: Incoming, into: Uint8Array): number | 'left';
  /** Resets it. */
  turnAway(incoming: Incoming): void;
}

/** Whether new clients are accepted, or left in the kernel's queue. Either may be called twice. */
export interface Tap {
  open(): void;
  shut(): void;
}

/** A connection that libuv has accepted, and of which Node has not made a socket yet: its handle. */
export interface Incoming {
  readonly fd: number;
  /** Writes into `peer`; 0, or a negative errno. */
  getpeername(peer: Peer): number;
  reset(): number;
}

export interface Peer {
  /** An IP literal. */
  readonly address: string;
  readonly port: number;
}

interface ServerHandle {
  onconnection: (this: ServerHandle, errno: number, incoming?: Incoming) => void;
  /** A negative errno, or 0. */
  readStart(): number;
  readStop(): number;
  connect(request: object, address: string, port: number): number;
  connect6(request: object, address: string, port: number): number;
}

export function serverInternals(peerOf: ServerInternals['peerOf']): ServerInternals {
  const Connect = connectRequest();
  return {
    askBeforeAccepting(server, ask) {
      const handle = handleOf(server);
      if (handle === null || typeof handle.onconnection !== 'function') return;
      const accept = handle.onconnection;
      handle.onconnection = function (errno, incoming) {
        const drops = errno === 0 && incoming !== undefined && incoming.fd >= 0 && ask(incoming) === 'dropped';
        if (!drops) accept.call(this, errno, incoming);
      };
    },
    findTap(server) {
      const handle = handleOf(server);
      const address = server.address();
      if (Connect === null || handle === null || typeof address !== 'object' || address === null) return null;
      try {
        const refused =
          address.family === 'IPv6'
            ? handle.connect6(new Connect(), '::1', address.port)
            : handle.connect(new Connect(), '127.0.0.1', address.port);
        if (refused === 0 || handle.readStart() !== 0 || typeof handle.readStop !== 'function') return null;
      } catch {
        return null;
      }
      return {
        open: () => handle.readStart(),
        shut: () => handle.readStop(),
      };
    },
    peerOf,
    firstBytes(incoming, into) {
      try {
        const length = readSync(incoming.fd, into);
        // A reset leaves the words from before it to be read, but the kernel names no peer any more (ENOTCONN).
        return length === 0 || peerOf(incoming) === null ? 'left' : length;
      } catch (error) {
        return errnoOf(error) === 'EAGAIN' ? 0 : 'left';
      }
    },
    turnAway(incoming) {
      incoming.reset();
    },
  };
}

/** What a handle needs to connect; null where it is not to be had, or was not tried (other systems than Linux). */
function connectRequest(): (new () => object) | null {
  if (process.platform !== 'linux') return null;
  try {
    const { TCPConnectWrap } = Object(Reflect.get(process, 'binding')?.call(process, 'tcp_wrap'));
    return typeof TCPConnectWrap === 'function' ? TCPConnectWrap : null;
  } catch {
    return null;
  }
}

function handleOf(server: Server): ServerHandle | null {
  return (server as unknown as { _handle: ServerHandle | null })._handle;
}
