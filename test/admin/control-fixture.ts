import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ControlLimits } from '../../src/admin/control-limits.ts';
import { type ControlSocket, openControlSocket } from '../../src/admin/server.ts';
import { FakeControl } from './fake-control.ts';
import { shortFolder } from './socket-fixture.ts';

export interface OpenControl {
  readonly socket: ControlSocket;
  readonly control: FakeControl;
  readonly bugs: unknown[];
}

/** A control socket of a gateway that is a fake, until the test ends. */
export async function openFake(limits: Partial<ControlLimits> = {}, folder = shortFolder()): Promise<OpenControl> {
  const control = new FakeControl();
  const bugs: unknown[] = [];
  const opened = await openControlSocket({
    planned: { socket: { path: join(folder, 'control.sock') } },
    command: 'up',
    environment: {},
    control: () => control,
    onBug: (error) => bugs.push(error),
    limits,
  });
  if (!opened.ok) throw new Error(`Cannot open the control socket: ${opened.why}`);
  onTestFinished(async () => await opened.socket.close());
  return { socket: opened.socket, control, bugs };
}

export interface Received {
  readonly status: number;
  readonly type: string;
  readonly allow: string | undefined;
  readonly body: unknown;
}

export interface Sent {
  readonly body?: unknown;
  /** The bytes of the body, where it is no JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own. */
export async function send(path: string, method: string, url: string, sent: Sent = {}): Promise<Received> {
  const body = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  return await new Promise((resolve, reject) => {
    const headers = { ...type, ...sent.headers };
    const outgoing = request({ socketPath: path, method, path: url, headers, agent: false }, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      resolve({
        status: incoming.statusCode ?? 0,
        type: incoming.headers['content-type'] ?? '',
        allow: incoming.headers.allow,
        body: text === '' ? undefined : JSON.parse(text),
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** A connection that sends what it is given, until the test ends. */
export async function rawClient(path: string, bytes = ''): Promise<Socket> {
  const socket = connect({ path });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  if (bytes !== '') socket.write(bytes);
  return socket;
}

/** All that a connection gets until it is closed. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Buffer.concat(chunks).toString();
}
