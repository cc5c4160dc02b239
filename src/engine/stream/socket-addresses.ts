import type { Socket } from 'node:net';
import { type SocketAddress, unmapped } from '../../base/address.ts';
import { type Ip, ipOf } from '../../base/ip.ts';
import type { NodeInternals } from './node-internals.ts';

/** Who is at the other end; an empty address where the kernel does not know it any more. */
export function remoteOf(socket: Socket, internals: NodeInternals | null): SocketAddress {
  const peer = internals?.peer(socket);
  if (peer) return { address: unmapped(peer.address), port: peer.port };
  return { address: unmapped(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
}

/** The same as a number, to look it up; `undefined` where the kernel does not know it any more. */
export function remoteIpOf(socket: Socket, internals: NodeInternals | null): Ip | undefined {
  const address = internals?.peer(socket)?.address ?? socket.remoteAddress;
  return address === undefined ? undefined : ipOf(address);
}

export function localOf(socket: Socket): SocketAddress {
  return { address: unmapped(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
}
