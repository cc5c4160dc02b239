import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SocketRoots } from '../../src/admin/socket-folders.ts';

/** A folder with mode 0700 that is gone after the test; its path is short enough for sockets. */
export function shortFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fg-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where no gateway of this machine can be in the way. */
export function rootsIn(folder: string, uid: number = process.getuid?.() ?? 0): SocketRoots {
  return { uid, run: join(folder, 'run'), temporary: folder };
}

/** A socket that accepts and closes, until the test ends. */
export async function liveSocket(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
