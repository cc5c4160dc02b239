/** Targets that behave in a certain way. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { PatternCheck, patternBlock } from '../../../bench/agents/pattern.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface FaultTargets {
  listen(params: { readonly at: Endpoint; readonly does: Behaviour }): Promise<null>;
  /** Of all targets together. */
  counts(params: null): Promise<TargetCounts>;
  /** Slow readers read no more. */
  hold(params: null): Promise<null>;
}

export type Behaviour =
  /** Sends back what comes, and its FIN. */
  | { readonly kind: 'echo' }
  /** Sends a piece, and resets once a byte has come in return. */
  | { readonly kind: 'reset'; readonly after: number }
  | { readonly kind: 'say nothing' }
  /** Sends this, then ends. */
  | { readonly kind: 'say'; readonly text: string }
  /** Sends so many bytes of the pattern, then ends. */
  | { readonly kind: 'send'; readonly bytes: number }
  /** Takes this many bytes a second, and checks them. */
  | { readonly kind: 'read slowly'; readonly rate: number }
  /** Sends a byte now and then, so many of them, then ends. */
  | { readonly kind: 'send slowly'; readonly pause: number; readonly bytes: number };

export interface TargetCounts {
  readonly accepted: number;
  readonly live: number;
  /** By slow readers. */
  readonly read: number;
  /** The first byte that was not what the client sent. */
  readonly brokenAt?: number;
}

/** Milliseconds between two reads of a slow reader. */
const turn = 50;
let accepted = 0;
let live = 0;
let read = 0;
let reading: 'slowly' | 'not at all' = 'slowly';
let brokenAt: number | undefined;

function behave(socket: Socket, does: Behaviour): void {
  accepted += 1;
  live += 1;
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    live -= 1;
  });
  switch (does.kind) {
    case 'echo':
      socket.pipe(socket);
      return;
    case 'reset':
      socket.write(patternBlock.subarray(0, does.after));
      socket.once('data', () => socket.resetAndDestroy());
      return;
    case 'say nothing':
      socket.resume();
      socket.once('end', () => socket.end());
      return;
    case 'say':
      socket.end(does.text);
      socket.resume();
      return;
    case 'send':
      socket.resume();
      send(socket, does.bytes);
      return;
    case 'read slowly':
      void readSlowly(socket, does.rate);
      return;
    case 'send slowly':
      socket.resume();
      void sendSlowly(socket, does.pause, does.bytes);
  }
}

async function readSlowly(socket: Socket, rate: number): Promise<void> {
  const check = new PatternCheck();
  const share = Math.round((rate * turn) / 1_000);
  socket.pause();
  socket.once('end', () => socket.end());
  while (!socket.destroyed) {
    await delay(turn);
    if (reading === 'not at all') continue;
    // Node reads ahead by its high-water mark (16 KiB, or 64 KiB from Node 22 on), no more.
    const chunk: Buffer | null = socket.read(Math.min(share, socket.readableLength)) ?? null;
    if (chunk === null) continue;
    check.take(chunk, chunk.length);
    read += chunk.length;
    brokenAt ??= check.brokenAt;
  }
}

/** All at once: each piece is the same block, so what waits costs no memory. */
function send(socket: Socket, bytes: number): void {
  for (let at = 0; at < bytes; at += patternBlock.length) socket.write(patternBlock.subarray(0, bytes - at));
  socket.end();
}

async function sendSlowly(socket: Socket, pause: number, bytes: number): Promise<void> {
  for (let at = 0; at < bytes && !socket.destroyed; at += 1) {
    await delay(pause);
    socket.write(patternBlock.subarray(at, at + 1));
  }
  socket.end();
}

serve<FaultTargets>({
  async listen({ at, does }) {
    const bounded = does.kind === 'read slowly' ? { highWaterMark: Math.round((does.rate * turn) / 1_000) } : {};
    const server = createServer({ noDelay: true, allowHalfOpen: true, ...bounded }, (socket) => behave(socket, does));
    server.listen({ host: at.host, port: at.port, backlog: 1_024 });
    await once(server, 'listening');
    return null;
  },
  async counts() {
    return { accepted, live, read, ...(brokenAt === undefined ? {} : { brokenAt }) };
  },
  async hold() {
    reading = 'not at all';
    return null;
  },
});
