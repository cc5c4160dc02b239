import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Status } from '../../src/admin/schemas.ts';

/** What a fake gateway was asked: method and route with its query, and the body. */
export interface Asked {
  readonly route: string;
  readonly body: unknown;
}

export type Answered =
  | { readonly status?: number; readonly body: unknown }
  /** Sent as it is. */
  | { readonly status?: number; readonly text: string }
  | 'nothing';

export interface FakeGateway extends AsyncDisposable {
  /** Of its socket. */
  readonly path: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** A control socket whose answers are a test's: `POST /api/drain` -> answer. Other routes are not found. */
export async function fakeGateway(
  routes: Readonly<Record<string, (asked: Asked) => Answered>>,
  path = join(mkdtempSync(join(tmpdir(), 'floatgate-control-')), 'fake.sock'),
): Promise<FakeGateway> {
  const asked: Asked[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const route = `${incoming.method} ${incoming.url}`;
      const one = { route, body };
      asked.push(one);
      const answer = routes[route.split('?')[0] ?? '']?.(one) ?? { status: 404, text: 'not found' };
      if (answer === 'nothing') return;
      outgoing.statusCode = answer.status ?? 200;
      outgoing.end('text' in answer ? answer.text : JSON.stringify(answer.body));
    });
  });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  const close = async (): Promise<void> => {
    if (server.listening) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  };
  return {
    path,
    asked,
    close,
    async [Symbol.asyncDispose]() {
      await close();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
}

/** As RFC 9457 has it. */
export function refused(status: number, detail: string, problems?: readonly object[]): Answered {
  return { status, body: { type: 'about:blank', title: 'no', status, detail, problems } };
}

export const someStatus: Status = {
  instance: 'lab',
  pid: 4711,
  version: '0.2.0',
  node: 'v24.1.0',
  command: 'up',
  config: '/etc/floatgate.yaml',
  startedAt: '2026-11-27T08:00:00.000Z',
  state: 'serving',
  engine: { name: 'splice', why: 'zero-copy' },
  subnet: '192.168.20.0/24',
  served: [
    {
      kind: 'service',
      name: 'ssh',
      addresses: ['0.0.0.0', '::'],
      ports: '30001-30254',
      leadsTo: 'port 22 of hosts 1-254',
      listeners: 254,
      sessions: 1_200,
    },
    {
      kind: 'forward',
      name: '8080',
      addresses: ['0.0.0.0'],
      ports: '8080',
      leadsTo: '10.0.0.5:80',
      listeners: 1,
      sessions: 0,
      added: { until: '2026-11-27T14:00:00.000Z' },
    },
  ],
  listeners: { open: 255, skipped: [{ listener: '0.0.0.0:30009', message: 'Cannot listen on port 30009: held by x' }] },
  sessions: {
    now: 1_200,
    most: 1_500,
    opened: 45_000,
    ended: { 'client closed': 43_000, idle: 800, refused: 0 },
    denied: 3,
    turnedAway: 0,
  },
  bytes: { toTarget: 81, toClient: 3 * 2 ** 30 },
  rates: { overMs: 60_000, sessionsPerSecond: 2.25, bytesToTargetPerSecond: 0, bytesToClientPerSecond: 1.5 * 2 ** 20 },
  out: [{ what: '192.168.20.16', since: '2026-11-27T11:00:00.000Z', targets: 3, sessions: 2 }],
  reloads: {
    applied: 2,
    refused: 1,
    last: [
      {
        at: '2026-11-27T11:30:00.000Z',
        trigger: 'command',
        outcome: 'refused',
        summary: 'gateway.yaml:3:5: Cannot read x',
        tookMs: 12,
      },
    ],
  },
  logLevel: 'info',
};
