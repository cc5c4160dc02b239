import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';

interface Waiter {
  readonly socket: Socket;
  readonly done: () => void;
}

const firstLook = 2;
const slowestLook = 100;
/** With many connections a look takes long: as much more time as this must pass before the next. */
const restPerLook = 4;
/** Told in a row; then the rest of the loop has its turn. Each may end a session, and a burst that leaves ends at once. */
const perStep = 16;
/** Reads of a table at once. */
const mostReads = 32;
/** Of memory, on any machine, bytes. */
const largestPage = 65_536;
const heading = '  sl ';
/** Where the kernel does not show its queues, milliseconds. */
const blindWait = 1000;

/**
 * Waits until the peer has acknowledged all that was written to a socket, where no system call can be made. Linux shows the queue
 * as `tx_queue` in /proc/net/tcp and tcp6 (proc(5)). One look serves all who wait. Elsewhere a second must do.
 */
export class SendQueueTable {
  private readonly waiters = new Map<string, Waiter>();
  private looking = false;
  private timer: NodeJS.Timeout | undefined;

  /** `done` is called once the queue is empty or the connection gone; never after the socket was closed by others. */
  whenEmpty({ socket }: { readonly socket: Socket }, done: () => void): void {
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
    const begun = performance.now();
    // Who asks while the tables are read is judged by the next ones: these may be older than its last bytes.
    const asked = new Map(this.waiters);
    const queued = new Set<string>();
    const take = (lines: string): void => addQueued(lines, asked, queued);
    const [tcp] = await Promise.all([readTable('/proc/net/tcp', take), readTable('/proc/net/tcp6', take)]);
    const blind = tcp === 'unreadable';
    let told = 0;
    for (const [key, waiter] of asked) {
      if (this.waiters.get(key) !== waiter) continue;
      if (waiter.socket.destroyed) this.waiters.delete(key);
      else if (blind) {
        this.waiters.delete(key);
        setTimeout(waiter.done, blindWait);
      } else if (!queued.has(key)) {
        this.waiters.delete(key);
        waiter.done();
        told += 1;
        if (told % perStep === 0) await turn();
      }
    }
    if (this.waiters.size === 0) this.looking = false;
    else {
      const wait = Math.max(pause, restPerLook * (performance.now() - begun));
      this.timer = setTimeout(() => void this.look(Math.min(pause * 2, slowestLook)), wait);
    }
  }
}

/**
 * Gives `take` a table, some whole lines at a time. However large the buffer, Linux gives one page of lines a read, and each
 * answer comes a turn of the loop later: so half as many reads as have been answered are asked for at once, or a table of
 * 6,000 connections would take 223 turns, under load a second. Reads share the file's position safely (read(2)), and the
 * order of what they give matters to nobody.
 */
async function readTable(path: string, take: (lines: string) => void): Promise<'read' | 'unreadable'> {
  const file = await open(path).catch(() => undefined);
  try {
    if (file === undefined) return 'unreadable';
    const buffers: Buffer[] = [];
    for (let answered = 0, ended = false; !ended; ) {
      const atOnce = Math.min(mostReads, Math.max(1, answered >> 1));
      while (buffers.length < atOnce) buffers.push(Buffer.allocUnsafeSlow(largestPage));
      const reads = await Promise.all(buffers.map((buffer) => file.read(buffer, 0, largestPage, null)));
      answered += atOnce;
      for (const { buffer, bytesRead } of reads) {
        take(buffer.toString('latin1', 0, bytesRead));
        ended ||= bytesRead === 0;
      }
    }
    return 'read';
  } catch {
    return 'unreadable';
  } finally {
    await file?.close();
  }
}

/** Adds the keys of those connections in `lines` that are waited for and still have bytes to send. */
function addQueued(lines: string, waiters: ReadonlyMap<string, unknown>, queued: Set<string>): void {
  // "  12: 0100007F:7530 0100007F:C350 01 0000A000:00000000 ...": slot, local, remote, state, tx_queue:rx_queue
  for (let line = 0, end = lines.indexOf('\n'); end > 0; line = end + 1, end = lines.indexOf('\n', line)) {
    if (lines.startsWith(heading, line)) continue;
    const local = lines.indexOf(': ', line) + 2;
    const state = lines.indexOf(' ', lines.indexOf(' ', local) + 1);
    // Nearly all have nothing to send: they cost no string.
    if (lines.startsWith('00000000', state + 4)) continue;
    const key = lines.slice(local, state);
    if (waiters.has(key)) queued.add(key);
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
