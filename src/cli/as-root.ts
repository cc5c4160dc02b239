import { fileURLToPath } from 'node:url';
import { heldCapabilities, netBindService, restartWithCapabilities } from '../libc/capabilities.ts';

/** Commands that serve clients from elsewhere. */
const serving: readonly string[] = ['up', 'forward', 'demo'];

const advice = 'This gateway runs as root: run it as a user of its own';

/** Holds the process id of a process that has started anew. `floatgate.cts` reads it, too. */
const marker = 'FLOATGATE_RESTARTED';

/**
 * Starts root's gateway anew with the capability to bind ports below 1024 alone, before anything else is loaded.
 * Without the other capabilities root may read and write what belongs to its own user id, and no more.
 * @param words of the command line
 * @returns a warning; `undefined` where the command serves nothing
 *
 * @public It is required as built, which knip does not see.
 */
export function giveUpCapabilities(words: readonly string[]): string | undefined {
  const restarted = process.env[marker] === String(process.pid);
  delete process.env[marker];
  if (words.includes('--to-running') || !words.some((word) => serving.includes(word))) return undefined;
  const held = heldCapabilities();
  if (held === undefined) return `${advice}; /proc does not show its capabilities`;
  if ((held & ~netBindService) === 0n) {
    return `${advice}; it keeps ${held === 0n ? "none of root's capabilities" : 'CAP_NET_BIND_SERVICE alone'}`;
  }
  return `${advice}; it keeps root's capabilities: ${restarted ? 'this system gives them back' : restart()}`;
}

function restart(): string {
  const [, main] = process.argv;
  if (main === undefined || process.channel != null) return 'its parent process uses an IPC channel to it';
  const own = fileURLToPath(import.meta.url);
  return restartWithCapabilities(netBindService, {
    file: process.execPath,
    words: [process.argv0, ...process.execArgv, ...process.argv.slice(1)],
    environment: { ...process.env, [marker]: String(process.pid) },
    descriptors: [...process.argv, process.env.FLOATGATE_CONFIG ?? ''].flatMap(descriptorIn),
    needs: [process.execPath, main, own],
  });
}

/** A shell replaces `<(command)` by the path of a descriptor. */
function descriptorIn(word: string): readonly number[] {
  const [, fd] = /(?:^|=)\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(word) ?? [];
  return fd === undefined ? [] : [Number(fd)];
}
