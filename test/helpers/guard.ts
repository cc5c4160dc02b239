import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from './until.ts';

/** Takes a temporary folder, and network namespaces, away when its stdin ends; see there. */
export const guardScript: string = fileURLToPath(new URL('./guard.sh', import.meta.url));

/**
 * Sees to it that a temporary folder and network namespaces (with every process in them) go when this process does,
 * however it ends. Returns what removes them now; that may be called twice.
 */
export function guard(folder: string, namespaces: readonly string[] = []): () => Promise<void> {
  // Its own session, so that a Ctrl-C on the terminal does not reach it.
  const process = spawn('bash', [guardScript, folder, ...namespaces], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const exit = once(process, 'exit');
  return async () => {
    process.stdin.end();
    await within(`${folder} and its namespaces removed`, exit);
  };
}
