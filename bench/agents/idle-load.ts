/** Sessions that do nothing, after one echo each has proved that it is there. */
import { connect, type Socket } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface IdleLoad {
  /** Resolves when every session has had its echo; rejects on the first that has not within 10 s. */
  open(params: { readonly to: Endpoint; readonly sessions: number }): Promise<null>;
  /** Ends all that were opened; answers how many of them were still alive. */
  close(params: null): Promise<{ readonly alive: number }>;
}

/** Connections being set up at once: below any sensible listen backlog. */
const atOnce = 64;
const patience = 10_000;
let sockets: Socket[] = [];

serve<IdleLoad>({
  async open({ to, sessions }) {
    let started = 0;
    async function worker(): Promise<void> {
      while (started < sessions) {
        started += 1;
        sockets.push(await openProven(to));
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker));
    return null;
  },
  async close() {
    const alive = sockets.filter((socket) => socket.readyState === 'open').length;
    await Promise.all(sockets.map((socket) => ended(socket)));
    sockets = [];
    return { alive };
  },
});

function openProven(to: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.host, port: to.port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('Cannot open a session: no echo within 10 s')), patience);
    socket.once('data', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('Cannot open a session: it was closed before its echo came')));
    socket.write('x');
  });
}

function ended(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.end();
    socket.setTimeout(patience, () => socket.destroy());
  });
}
