import { lstatSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { PlannedControl } from '../plan/plan.ts';
import { madeInFolder } from './bind-socket.ts';
import { probeSocket } from './probe-socket.ts';
import {
  type Environment,
  ownRoots,
  type SocketFolder,
  type SocketRoots,
  socketFolders,
  whyNotFit,
  whyNotSafe,
} from './socket-folders.ts';

/** Where the control socket of a gateway will be. */
export type SocketPlace =
  | { readonly kind: 'place'; readonly path: string; readonly instance: string }
  /** `why` completes the sentence "No control socket: ...". */
  | { readonly kind: 'none'; readonly why: string };

/** A gateway that runs. */
export interface Instance {
  readonly name: string;
  /** Its control socket. */
  readonly path: string;
}

/** Bytes of a path: sun_path has 108, with a zero at the end (unix(7)). */
const longestPath = 107;
const suffix = '.sock';

/**
 * Chooses the place of the control socket, and removes a stale socket there. The name of an instance is what is
 * configured, else the command; where a gateway of that name runs, `up-2`, `up-3` and so on. Never rejects.
 */
export async function choosePlace(
  planned: PlannedControl,
  command: string,
  environment: Environment,
  roots: SocketRoots | undefined = ownRoots(),
): Promise<SocketPlace> {
  if (planned.socket === 'off') return { kind: 'none', why: 'it is switched off' };
  if (roots === undefined) return { kind: 'none', why: 'this system has no Unix users' };
  if (planned.socket !== 'auto') return await explicitPlace(planned.socket.path, planned.instance ?? command);
  const refused: string[] = [];
  const folder = socketFolders(environment, roots).find((each) => {
    const why = whyNotFit(each, roots.uid);
    if (why !== undefined) refused.push(`${each.path} ${why}`);
    return why === undefined;
  });
  if (folder === undefined) return { kind: 'none', why: `there is no folder for it: ${refused.join(', ')}` };
  const taken = new Set((await findInstances(environment, roots)).map(({ name }) => name));
  const fixed = planned.instance;
  // One more name than that folder has sockets is tried at most.
  for (let n = 1; ; n++) {
    const instance = fixed ?? (n === 1 ? command : `${command}-${n}`);
    const path = join(folder.path, instance + suffix);
    const use: PathUse = taken.has(instance) ? { kind: 'taken' } : await usePath(path);
    if (use.kind === 'free') return { kind: 'place', path, instance };
    if (use.kind === 'unfit') return { kind: 'none', why: use.why };
    if (fixed !== undefined) {
      return { kind: 'none', why: `a gateway named ${fixed} runs already; give this one another name` };
    }
  }
}

/**
 * The gateways that accept connections from this user, by name; a name that is in two folders is there once, as a
 * gateway would have chosen. A socket is used where it belongs to this user or to the owner of its folder; root may
 * use all. Never rejects.
 */
export async function findInstances(
  environment: Environment,
  roots: SocketRoots | undefined = ownRoots(),
): Promise<readonly Instance[]> {
  if (roots === undefined) return [];
  const found = new Map<string, Instance>();
  for (const folder of socketFolders(environment, roots)) {
    for (const instance of socketsIn(folder, roots.uid)) {
      if (found.has(instance.name)) continue;
      if ((await probeSocket(instance.path)) === 'live') found.set(instance.name, instance);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function socketsIn(folder: SocketFolder, uid: number): readonly Instance[] {
  try {
    if (whyNotSafe(folder, uid) !== undefined) return [];
    const trusted = [uid, statSync(folder.path).uid];
    return readdirSync(folder.path)
      .filter((file) => file.endsWith(suffix))
      .map((file) => ({ name: basename(file, suffix), path: join(folder.path, file) }))
      .filter(({ path }) => {
        const stats = lstatSync(path, { throwIfNoEntry: false });
        return stats?.isSocket() === true && (uid === 0 || trusted.includes(stats.uid));
      });
  } catch {
    // Not there, or not for us.
    return [];
  }
}

async function explicitPlace(given: string, instance: string): Promise<SocketPlace> {
  const path = resolve(given);
  const use = await usePath(path);
  if (use.kind === 'free') return { kind: 'place', path, instance };
  if (use.kind === 'unfit') return { kind: 'none', why: use.why };
  return { kind: 'none', why: `${path} is in use, by a gateway that runs or as a file; name another path` };
}

type PathUse =
  | { readonly kind: 'free' }
  /** By a live gateway, or by a file that is none of ours. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'unfit'; readonly why: string };

/** Whether a socket can be made at that path; a stale one is removed. */
async function usePath(path: string): Promise<PathUse> {
  const longestFolder = longestPath - madeInFolder;
  if (Buffer.byteLength(path) > longestPath || Buffer.byteLength(dirname(path)) > longestFolder) {
    const most = `the path of a socket has ${longestPath} bytes at most, and ${longestFolder} of them for its folder`;
    return { kind: 'unfit', why: `${path} is too long: ${most}; name a shorter one` };
  }
  try {
    if (!statSync(dirname(path)).isDirectory()) return { kind: 'unfit', why: `${dirname(path)} is no folder` };
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: 'free' };
    const state = stats.isSocket() ? await probeSocket(path) : 'closed';
    if (state === 'live' || state === 'closed') return { kind: 'taken' };
    // Another gateway may have made its own meanwhile.
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === stats.ino) unlinkSync(path);
    return { kind: 'free' };
  } catch (error) {
    return { kind: 'unfit', why: `${path} cannot be used: ${messageOf(error)}` };
  }
}
