import type { Socket } from 'node:net';
import { loadLibc } from '../../src/libc/libc.ts';
import { unacknowledgedBytes } from '../../src/libc/unacknowledged-bytes.ts';

/** Bytes that the other side's kernel has not acknowledged, a FIN counting as one (SIOCOUTQ, tcp(7)); 0 once closed. */
export type SendQueue = (socket: Socket) => number;

/** Needs koffi: the other way, /proc/net/tcp, takes 0.1 s a look when it lists 15,000 connections that have been. */
export async function loadSendQueue(): Promise<SendQueue> {
  const loaded = await loadLibc();
  if (!loaded.ok) throw new Error(`Cannot look into send queues: ${loaded.why}; run 'npm ci --include=optional'`);
  const unacknowledged = unacknowledgedBytes(loaded.libc);
  return (socket) => {
    const fd = descriptorOf(socket);
    return fd < 0 ? 0 : unacknowledged(fd);
  };
}

/** Node has no public way to it; `_handle` is that of net.Socket since its first versions. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}
