import { chmodSync, linkSync, lstatSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { errnoOf } from '../base/errors.ts';

/** Bytes that the path may be longer than its folder's while the socket is made: `/.XXXXXX/s`. */
export const madeInFolder = 10;

export type Binding =
  /** `remove` deletes the file, unless another one has taken its place. Never throws. */
  | { readonly kind: 'bound'; readonly remove: () => void }
  /** There is a file already. */
  | { readonly kind: 'taken' };

/**
 * Listens on a Unix socket that nobody else can open at any moment: it is made in a folder with mode 0700, and linked
 * to its path once it has mode 0600. Unlike rename(2), link(2) never replaces a file; and libuv, which removes the
 * path that it has bound whatever lies there by then, finds nothing. Rejects with the error of the system.
 */
export async function bindSocket(server: Server, path: string): Promise<Binding> {
  // No `join`, which would leave the dot out.
  const folder = mkdtempSync(`${dirname(path)}/.`);
  try {
    const made = join(folder, 's');
    await listen(server, made);
    chmodSync(made, 0o600);
    const { dev, ino } = lstatSync(made);
    linkSync(made, path);
    const remove = (): void => {
      try {
        const now = lstatSync(path);
        if (now.dev === dev && now.ino === ino) unlinkSync(path);
      } catch {
        // It is gone, or the folder is no longer ours: what stays is a stale socket.
      }
    };
    return { kind: 'bound', remove };
  } catch (error) {
    if (server.listening) server.close();
    if (errnoOf(error) === 'EEXIST') return { kind: 'taken' };
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
