import { accessSync, constants, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';

/** Where folders of control sockets lie, and for whom; tests have folders of their own. */
export interface SocketRoots {
  /** The effective user. */
  readonly uid: number;
  /** What a service manager or an administrator makes for us. */
  readonly run: string;
  /** The parent of the user's own folder. */
  readonly temporary: string;
}

/** Those of this process; `undefined` where the system has no user ids. */
export function ownRoots(): SocketRoots | undefined {
  const uid = process.geteuid?.();
  return uid === undefined ? undefined : { uid, run: '/run/floatgate', temporary: '/tmp' };
}

/** A folder that may hold control sockets. */
export interface SocketFolder {
  /**
   *     given      made by others; its owner was chosen by root, or by who set the environment
   *     session    this user's alone, in $XDG_RUNTIME_DIR
   *     temporary  this user's alone, in /tmp, where anybody could have made it
   */
  readonly kind: 'given' | 'session' | 'temporary';
  readonly path: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** All folders, in the order in which a gateway takes them. */
export function socketFolders(environment: Environment, roots: SocketRoots): readonly SocketFolder[] {
  // systemd.exec(5), RuntimeDirectory=: several are separated by colons.
  const [runtime = ''] = (environment.RUNTIME_DIRECTORY ?? '').split(':');
  const given = [runtime, roots.run].filter((path, index, all) => isAbsolute(path) && all.indexOf(path) === index);
  const session = environment.XDG_RUNTIME_DIR ?? '';
  const folders: SocketFolder[] = given.map((path) => ({ kind: 'given', path }));
  if (isAbsolute(session)) folders.push({ kind: 'session', path: join(session, 'floatgate') });
  return [...folders, { kind: 'temporary', path: join(roots.temporary, `floatgate-${roots.uid}`) }];
}

/** Makes a folder of our own where it is missing, and returns why a socket cannot be put there; `undefined`: it can. */
export function whyNotFit(folder: SocketFolder, uid: number): string | undefined {
  try {
    if (folder.kind !== 'given') makeOwn(folder, uid);
    const why = whyNotSafe(folder, uid);
    if (why !== undefined) return why;
    const { uid: owner } = statSync(folder.path);
    if (owner !== uid && owner !== 0) return `belongs to user ${owner}`;
    accessSync(folder.path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return 'is not there';
    return errno === 'EACCES' || errno === 'EROFS' ? 'is not writable' : messageOf(error);
  }
}

/** Why sockets in that folder may be somebody else's; `undefined`: they are not. Throws where it cannot be read. */
export function whyNotSafe(folder: SocketFolder, uid: number): string | undefined {
  const stats = folder.kind === 'given' ? statSync(folder.path) : lstatSync(folder.path);
  if (!stats.isDirectory()) return 'is no folder';
  if (folder.kind === 'given') return writableByOthers(stats) ? 'may be written to by others' : undefined;
  if (stats.uid !== uid) return `belongs to user ${stats.uid}`;
  const mode = stats.mode & 0o7777;
  return mode === 0o700 ? undefined : `has mode 0${mode.toString(8)}, not 0700`;
}

/** A parent that is not this user's (`sudo -E`, `su`) could put another folder in place of ours; /tmp is sticky. */
function makeOwn(folder: SocketFolder, uid: number): void {
  if (folder.kind === 'session') {
    const parent = statSync(dirname(folder.path));
    if (parent.uid !== uid || writableByOthers(parent))
      throw new Error("lies in a folder that is not this user's alone");
  }
  try {
    mkdirSync(folder.path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function writableByOthers(stats: Stats): boolean {
  return (stats.mode & 0o022) !== 0;
}
