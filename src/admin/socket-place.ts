import { accessSync, constants, lstatSync, mkdirSync, readdirSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import type { PlannedControl } from '../plan/plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A control socket that a gateway listens on. */
export interface Instance {
  readonly name: string;
  readonly path: string;
}

export type SocketPlace =
  | { readonly kind: 'place'; readonly path: string; readonly instance: string }
  /** `why`: for people. */
  | { readonly kind: 'none'; readonly why: string };

/** Who looks for a socket, and where the system's folders are; a test has its own. */
export interface Surroundings {
  readonly uid?: number;
  readonly run?: string;
  readonly tmp?: string;
}

/** sun_path without its final NUL (unix(7)). */
const longestPath = 107;
const suffix = '.sock';
/** Milliseconds that a gateway has to accept: it may be busy. */
const patience = 2_000;

/**
 * Where a gateway has its control socket: the configured path; else `<instance>.sock` in the first of these folders
 * that is there, may be written to, and that nobody else may write to:
 *
 *     $RUNTIME_DIRECTORY (systemd.exec(5)), /run/floatgate, $XDG_RUNTIME_DIR/floatgate, /tmp/floatgate-UID
 *
 * The last two are made with mode 0700. A socket that was left behind is removed.
 */
export async function choosePlace(
  { socket, instance }: PlannedControl,
  command: string,
  environment: Environment,
  surroundings: Surroundings = {},
): Promise<SocketPlace> {
  if (socket === 'off') return { kind: 'none', why: 'the control socket is off' };
  if (typeof socket === 'object') {
    const path = resolve(socket.path);
    return await claim(path, instance ?? command);
  }
  const found = findFolder(environment, surroundings);
  if (found.kind === 'none') return found;
  const place = (name: string) => join(found.folder, `${name}${suffix}`);
  if (instance !== undefined) return await claim(place(instance), instance);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? command : `${command}-${number}`;
    const claimed = await claim(place(name), name);
    if (claimed.kind === 'place' || claimed.taken === 'no') return claimed;
  }
}

/** The gateways that this user may talk to, by the folders above. */
export async function findInstances(
  environment: Environment,
  surroundings: Surroundings = {},
): Promise<readonly Instance[]> {
  const { uid = process.getuid?.() ?? 0 } = surroundings;
  const found = new Map<string, Instance>();
  for (const folder of folderPaths(environment, surroundings)) {
    const owner = statOf(folder)?.uid;
    if (owner === undefined || (uid !== 0 && owner !== uid && owner !== 0)) continue;
    for (const file of filesOf(folder)) {
      const path = join(folder, file);
      const stat = statOf(path);
      if (!file.endsWith(suffix) || stat?.isSocket() !== true) continue;
      if (uid !== 0 && stat.uid !== uid) continue;
      if ((await listens(path)) === 'yes') found.set(path, { name: file.slice(0, -suffix.length), path });
    }
  }
  return [...found.values()];
}

type Claimed = SocketPlace & { readonly taken: 'yes' | 'no' };

/** A path that a socket can be bound at: nothing is there any more, and it is short enough. */
async function claim(path: string, instance: string): Promise<Claimed> {
  const none = (why: string, taken: 'yes' | 'no' = 'no'): Claimed => ({
    kind: 'none',
    taken,
    why: `Cannot open the control socket ${path}: ${why}`,
  });
  if (Buffer.byteLength(path) > longestPath) {
    return none(`it is longer than the ${longestPath} bytes that the system takes; name a shorter path with --control`);
  }
  const stat = statOf(path);
  if (stat === undefined) {
    if (statOf(dirname(path)) === undefined) return none('its folder is missing; make it, or name another path');
    return { kind: 'place', path, instance, taken: 'no' };
  }
  if (!stat.isSocket()) return none('another file is there; remove it, or name another path');
  const listening = await listens(path);
  if (listening === 'yes') return none(`a gateway listens there; name this one with --instance`, 'yes');
  if (listening === 'may not ask') return none('it belongs to another user; name another path', 'yes');
  try {
    unlinkSync(path);
  } catch (error) {
    return none(`what was left there cannot be removed (${messageOf(error)})`);
  }
  return { kind: 'place', path, instance, taken: 'no' };
}

function findFolder(
  environment: Environment,
  surroundings: Surroundings,
): { readonly kind: 'folder'; readonly folder: string } | Extract<SocketPlace, { kind: 'none' }> {
  const { uid = process.getuid?.() ?? 0 } = surroundings;
  const problems: string[] = [];
  const all = folderPaths(environment, surroundings);
  for (const folder of all) {
    const isLast = folder === all.at(-1);
    // The system's own are made by others.
    if (isLast || folder === userFolder(environment)) make(folder);
    const problem = problemOf(folder, uid, isLast ? 'only ours' : 'for us');
    if (problem === undefined) return { kind: 'folder', folder };
    problems.push(`${folder} ${problem}`);
  }
  const why = `${problems.join(', ')}; name a path with --control, or turn it off`;
  return { kind: 'none', why: `Cannot open a control socket: ${why}` };
}

function folderPaths(environment: Environment, { uid, run = '/run', tmp = '/tmp' }: Surroundings): readonly string[] {
  // systemd separates several by colons.
  const [runtime = ''] = (environment.RUNTIME_DIRECTORY ?? '').split(':');
  const user = userFolder(environment);
  return [
    ...(runtime === '' ? [] : [runtime]),
    join(run, 'floatgate'),
    ...(user === undefined ? [] : [user]),
    join(tmp, `floatgate-${uid ?? process.getuid?.() ?? 0}`),
  ];
}

function userFolder({ XDG_RUNTIME_DIR: runtime }: Environment): string | undefined {
  return runtime ? join(runtime, 'floatgate') : undefined;
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or `problemOf` says why it is not.
  }
}

/** `only ours`: in a folder where everybody may make one, it must be a real one with mode 0700. */
function problemOf(folder: string, uid: number, whose: 'for us' | 'only ours'): string | undefined {
  const stat = statOf(folder);
  if (stat === undefined) return 'is missing';
  if (!stat.isDirectory()) return 'is no folder';
  if (stat.uid !== uid && (whose === 'only ours' || stat.uid !== 0)) return 'belongs to another user';
  if ((stat.mode & 0o022) !== 0) return 'may be written to by other users';
  if (whose === 'only ours' && (stat.mode & 0o777) !== 0o700) return 'must have mode 0700';
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return 'may not be written to';
  }
}

/** Not of what a link leads to. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function filesOf(folder: string): readonly string[] {
  try {
    return statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
  } catch {
    return [];
  }
}

/** Whether somebody accepts connections at a socket. `may not ask`: it is another user's. */
function listens(path: string): Promise<'yes' | 'no' | 'may not ask'> {
  return new Promise((settle) => {
    const socket = connect(path);
    const done = (answer: 'yes' | 'no' | 'may not ask'): void => {
      socket.destroy();
      settle(answer);
    };
    // It accepts, but is busy: its queue is full.
    socket.setTimeout(patience, () => done('yes'));
    socket.once('connect', () => done('yes'));
    socket.once('error', (error) => {
      const code = errnoOf(error);
      done(code === 'EACCES' || code === 'EPERM' ? 'may not ask' : code === 'EAGAIN' ? 'yes' : 'no');
    });
  });
}
