import { fileURLToPath } from 'node:url';
import { givenEnvironment } from '../base/thread-pool.ts';
import { heldCapabilities, netBindService, restartWithCapabilities } from '../libc/capabilities.ts';

/** Commands that serve strangers. */
const serving: readonly string[] = ['up', 'forward', 'demo'];

const advice = 'This gateway runs as root: run it as a user of its own';

/**
 * Where root serves, the process starts anew with no capability but that to bind ports below 1024, before anything is
 * read or opened. Without the others root reads and writes what any user with its id might, and no more.
 * @returns what is to be said about it; `undefined` where there is nothing to say
 */
export async function giveUpCapabilities(words: readonly string[]): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return undefined;
  if (!words.some((word) => serving.includes(word))) return undefined;
  const held = heldCapabilities();
  if (held === undefined) return `${advice}; /proc does not tell which capabilities it has`;
  if ((held & ~netBindService) === 0n) {
    return `${advice}; it keeps ${held === 0n ? "none of root's capabilities" : 'CAP_NET_BIND_SERVICE alone'}`;
  }
  return `${advice}; it keeps root's capabilities: ${await restart()}`;
}

async function restart(): Promise<string> {
  const [, main] = process.argv;
  if (main === undefined || process.channel != null) return 'the process that started it talks with it';
  const own = fileURLToPath(import.meta.url);
  return await restartWithCapabilities(netBindService, {
    file: process.execPath,
    words: [process.argv0, ...process.execArgv, ...process.argv.slice(1)],
    environment: givenEnvironment(),
    descriptors: [...process.argv, process.env.FLOATGATE_CONFIG ?? ''].flatMap(descriptorIn),
    needs: [main, own],
  });
}

/** `<(command)` of a shell is the name of a descriptor. */
function descriptorIn(word: string): readonly number[] {
  const [, fd] = /(?:^|=)\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(word) ?? [];
  return fd === undefined ? [] : [Number(fd)];
}
