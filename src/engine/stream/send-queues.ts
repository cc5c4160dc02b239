import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

interface Waiter {
  readonly socket: Socket;
  readonly done: () => void;
}

const firstLook = 2;
const slowestLook = 100;
/** Where the kernel does not show its queues, milliseconds. */
const blindWait = 1000;

/**
 * Waits until the peer has acknowledged all that was written to a socket. Node has no SIOCOUTQ; Linux shows the queue
 * as `tx_queue` in /proc/net/tcp and tcp6 (proc(5)). One look serves all who wait. Elsewhere a second must do.
 */
export class SendQueues {
  private readonly waiters = new Map<string, Waiter>();
  private looking = false;
  private timer: NodeJS.Timeout | undefined;

  /** `done` is called once the queue is empty or the connection gone; never after the socket was closed by others. */
  whenEmpty(socket: Socket, done: () => void): void {
    if (process.platform !== 'linux') {
      setTimeout(done, blindWait);
      return;
    }
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress === undefined || remoteAddress === undefined) {
      // Reset by the peer, though Node has not read it yet: getpeername(2) says ENOTCONN. Nothing is left to send.
      done();
      return;
    }
    const key = `${endpointKey(localAddress, localPort)} ${endpointKey(remoteAddress, remotePort)}`;
    this.waiters.set(key, { socket, done });
    if (!this.looking) {
      this.looking = true;
      void this.look(firstLook);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiters.clear();
    this.looking = false;
  }

  private async look(pause: number): Promise<void> {
    // Who asks while the tables are read is judged by the next ones: these may be older than its last bytes.
    const asked = new Map(this.waiters);
    const [tcp, tcp6] = await Promise.all([readTable('/proc/net/tcp'), readTable('/proc/net/tcp6')]);
    const queued = new Set<string>();
    for (const table of [tcp, tcp6]) if (table !== undefined) addQueued(table, asked, queued);
    const blind = tcp === undefined;
    for (const [key, waiter] of asked) {
      if (this.waiters.get(key) !== waiter) continue;
      if (waiter.socket.destroyed) this.waiters.delete(key);
      else if (blind) {
        this.waiters.delete(key);
        setTimeout(waiter.done, blindWait);
      } else if (!queued.has(key)) {
        this.waiters.delete(key);
        waiter.done();
      }
    }
    if (this.waiters.size === 0) this.looking = false;
    else this.timer = setTimeout(() => void this.look(Math.min(pause * 2, slowestLook)), pause);
  }
}

async function readTable(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Adds the keys of those connections in `table` that are waited for and still have bytes to send. */
function addQueued(table: string, waiters: ReadonlyMap<string, unknown>, queued: Set<string>): void {
  // "  12: 0100007F:7530 0100007F:C350 01 0000A000:00000000 ...": slot, local, remote, state, tx_queue:rx_queue
  for (let line = table.indexOf('\n') + 1; line > 0 && line < table.length; line = table.indexOf('\n', line) + 1) {
    const local = table.indexOf(': ', line) + 2;
    const state = table.indexOf(' ', table.indexOf(' ', local) + 1);
    const key = table.slice(local, state);
    if (waiters.has(key) && table.slice(state + 4, state + 12) !== '00000000') queued.add(key);
  }
}

/** An endpoint as the kernel prints it: `0100007F:7530`. */
function endpointKey(address: string, port = 0): string {
  const bytes = ipaddr.parse(address).toByteArray();
  let key = '';
  // The kernel prints 32-bit words in the machine's own order: little-endian on all that Node runs on but s390x.
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  for (let word = 0; word < bytes.length; word += 4) {
    const four = bytes.slice(word, word + 4);
    if (little) four.reverse();
    key += four.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return `${key}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
