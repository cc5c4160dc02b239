import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';

interface Waiter {
  readonly socket: Socket;
  readonly done: () => void;
}

/** Milliseconds from one check to the next; each wait is twice the one before. */
const firstLook = 2;
const slowestLook = 100;
/** With many connections a check takes long. The wait for the next one is at least so many times as long. */
const restPerLook = 4;
/** Where the kernel does not show its queues, milliseconds. */
const blindWait = 1000;

/**
 * Waits until the peer has acknowledged all that was written to a socket, where no system call can be made. Linux shows
 * what is queued as `tx_queue` in /proc/net/tcp and tcp6 (proc(5)), for all sockets at once. Other systems do not show
 * it: there a second has to do.
 */
export class SendQueueTable {
  private readonly waiters = new Map<string, Waiter>();
  private state: 'idle' | 'looking' = 'idle';
  private timer: NodeJS.Timeout | undefined;

  /** `done` is called once the queue is empty or the connection lost; never after the socket was closed by others. */
  whenEmpty({ socket }: { readonly socket: Socket }, done: () => void): void {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress === undefined || remoteAddress === undefined) {
      // The peer has reset it, though Node has not read that yet: getpeername(2) fails. Nothing is left to send.
      done();
      return;
    }
    const key = `${endpointKey(localAddress, localPort)} ${endpointKey(remoteAddress, remotePort)}`;
    this.waiters.set(key, { socket, done });
    if (this.state === 'looking') return;
    this.state = 'looking';
    void this.look(firstLook);
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiters.clear();
  }

  private async look(pause: number): Promise<void> {
    const begun = performance.now();
    // Later waiters are left for the next check: these tables may be older than their last bytes.
    const waiting = [...this.waiters];
    const queued = await connectionsWithQueue();
    for (const [key, waiter] of waiting) {
      if (this.waiters.get(key) !== waiter) continue;
      if (!waiter.socket.destroyed && queued?.has(key) === true) continue;
      this.waiters.delete(key);
      if (queued === undefined) setTimeout(() => end(waiter), blindWait).unref();
      else end(waiter);
    }
    if (this.waiters.size === 0) {
      this.state = 'idle';
      return;
    }
    const wait = Math.max(pause, restPerLook * (performance.now() - begun));
    this.timer = setTimeout(() => void this.look(Math.min(pause * 2, slowestLook)), wait);
  }
}

function end({ socket, done }: Waiter): void {
  if (!socket.destroyed) done();
}

/** The two endpoints of each connection with something to send; `undefined` where the kernel does not show them. */
async function connectionsWithQueue(): Promise<Set<string> | undefined> {
  const read = (path: string): Promise<string | undefined> => readFile(path, 'latin1').catch(() => undefined);
  const [tcp, tcp6] = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6')]);
  if (tcp === undefined) return undefined;
  return new Set([...tcp.matchAll(queuedLine), ...(tcp6 ?? '').matchAll(queuedLine)].map(([, key = '']) => key));
}

/** "  12: 0100007F:7530 0100007F:C350 01 0000A000:00000000 ...": slot, local, remote, state, tx_queue:rx_queue */
const queuedLine = /: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} (?!00000000)/g;

/** An endpoint as the kernel prints it, in 32-bit words of the machine's own byte order: `0100007F:7530`. */
function endpointKey(address: string, port = 0): string {
  // ipaddr.js does not know the zones br-lan and eth0.100.
  const [literal = ''] = address.split('%');
  const bytes = Buffer.from(ipaddr.parse(literal).toByteArray());
  if (endianness() === 'LE') bytes.swap32();
  return `${bytes.toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
