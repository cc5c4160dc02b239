/** Clients that download slowly: a little now and then. Every byte is checked. */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { PatternCheck } from '../../../bench/agents/pattern.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface DripClients {
  /** Connects clients, each of which reads at most `piece` bytes every `pause` milliseconds. */
  start(params: DripParams): Promise<null>;
  progress(params: null): Promise<DripProgress>;
}

interface DripParams {
  readonly to: Endpoint;
  readonly count: number;
  readonly piece: number;
  readonly pause: number;
}

export interface DripProgress {
  readonly connected: number;
  /** Bytes of all clients. */
  readonly received: number;
  /** The bytes of the client that has fewest. */
  readonly fewest: number;
  /** How clients ended: `FIN`, or an errno name. */
  readonly ends: Readonly<Record<string, number>>;
  /** Clients that got a wrong byte. */
  readonly broken: number;
  /** By bytes received, how many clients that had a FIN. */
  readonly lengths: Readonly<Record<number, number>>;
}

/** Handshakes at once: below any sensible listen backlog. */
const handshakes = 128;
const clients: { readonly socket: Socket; readonly check: PatternCheck; end: string | undefined }[] = [];
let connected = 0;

function open({ host, port }: Endpoint, buffer: Buffer): Promise<void> {
  const check = new PatternCheck();
  const callback = (length: number, bytes: Uint8Array): boolean => {
    check.take(bytes, length);
    return false;
  };
  const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
  const client = { socket, check, end: undefined as string | undefined };
  clients.push(client);
  socket.once('end', () => {
    client.end ??= 'FIN';
  });
  socket.on('error', (error) => {
    client.end ??= 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  });
  return new Promise((resolve) => {
    socket.once('connect', () => {
      connected += 1;
      resolve();
    });
    socket.once('close', () => resolve());
  });
}

function readOn(): void {
  for (const { socket, end } of clients) if (end === undefined && !socket.connecting) socket.resume();
}

serve<DripClients>({
  async start({ to, count, piece, pause }) {
    const buffer = Buffer.allocUnsafeSlow(piece);
    setInterval(readOn, pause);
    let started = 0;
    const worker = async (): Promise<void> => {
      while (started < count) {
        started += 1;
        await open(to, buffer);
      }
    };
    await Promise.all(Array.from({ length: handshakes }, worker));
    return null;
  },
  async progress() {
    const ends: Record<string, number> = {};
    const lengths: Record<number, number> = {};
    for (const { check, end } of clients) {
      if (end === undefined) continue;
      ends[end] = (ends[end] ?? 0) + 1;
      if (end === 'FIN') lengths[check.received] = (lengths[check.received] ?? 0) + 1;
    }
    const received = clients.map(({ check }) => check.received);
    return {
      connected,
      received: received.reduce((sum, bytes) => sum + bytes, 0),
      fewest: Math.min(...received),
      ends,
      broken: clients.filter(({ check }) => check.brokenAt !== undefined).length,
      lengths,
    };
  },
});
