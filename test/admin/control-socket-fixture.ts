import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ControlSocketOptions, openControlSocket } from '../../src/admin/server.ts';
import { FakeControl } from './fake-control.ts';

/** A control socket over a fake gateway. */
export async function open(times: ControlSocketOptions['times'] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-admin-'));
  const path = join(folder, 'up.sock');
  const control = new FakeControl();
  const bugs: unknown[] = [];
  const opened = await openControlSocket({ path, control, version: '1.2.3', onBug: (bug) => bugs.push(bug), times });
  if (!opened.ok) throw new Error(opened.why);
  onTestFinished(async () => {
    await opened.socket.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { path, folder, control, bugs, socket: opened.socket };
}

export interface Response {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  /** In place of a body that is JSON. */
  readonly text?: string;
  readonly type?: string;
}

export function ask(path: string, route: string, { method = 'GET', body, text, type }: Asking = {}): Promise<Response> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: path,
      path: route,
      method,
      agent: false,
      headers: { ...(sent !== undefined && { 'content-type': type ?? 'application/json' }) },
    });
    outgoing.once('error', reject).once('response', (incoming) => {
      let received = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
      });
      incoming.once('error', reject).once('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          type: incoming.headers['content-type'] ?? '',
          headers: incoming.headers,
          body: received === '' ? undefined : JSON.parse(received),
        }),
      );
    });
    outgoing.end(sent);
  });
}

/** A raw connection: what it has received, and whether it has ended. */
export function raw(path: string, ...pieces: readonly (string | Buffer)[]) {
  const socket = connect(path);
  const seen = { socket, received: '', ended: false };
  socket.on('data', (chunk) => {
    seen.received += chunk.toString();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    seen.ended = true;
  });
  for (const piece of pieces) socket.write(piece);
  onTestFinished(() => void socket.destroy());
  return seen;
}
