import { accessSync, constants, lstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, FloatgateError, messageOf } from '../base/errors.ts';

/** The system's own links to descriptors that this process holds. */
const ownDescriptor = /^(?:\/dev\/(?:stdin|stdout|stderr|fd\/\d+)|\/proc\/self\/fd\/\d+)$/;
const stdout = /^(?:\/dev\/stdout|(?:\/dev|\/proc\/self)\/fd\/1)$/;
const stderr = /^(?:-|\/dev\/stderr|(?:\/dev|\/proc\/self)\/fd\/2)$/;

const link = 'it is a symbolic link, which may come to lead elsewhere; name the file itself';

/**
 * Which output of this process a log file names: `-` and `/dev/stderr` are stderr. These are never opened by path: the
 * kernel forbids that where the pipe or terminal belongs to another user, as in a container that runs as nobody.
 */
export function standardOutput(file: string): 'stdout' | 'stderr' | undefined {
  if (stderr.test(file)) return 'stderr';
  return stdout.test(file) ? 'stdout' : undefined;
}

/** Why a file cannot be logged to, as far as it shows without opening it. Opening would create it. */
export function cannotLogTo(file: string): string | undefined {
  if (standardOutput(file) !== undefined) return undefined;
  try {
    if (!ownDescriptor.test(file) && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
      return cannotOpen(file, link);
    }
    const { W_OK, X_OK } = constants;
    const exists = statSync(file, { throwIfNoEntry: false });
    if (exists?.isDirectory() || file.endsWith('/')) return unusable(file, 'it is a directory');
    if (exists !== undefined) accessSync(file, W_OK);
    else accessSync(dirname(file), W_OK | X_OK);
    return undefined;
  } catch (error) {
    return unusable(file, messageOf(error));
  }
}

/**
 * Opens a log file to append to it; a new file gets mode 0640. A symbolic link as the last part of the path is refused
 * (O_NOFOLLOW, open(2)): in a folder that others may write to, it could lead root to any file.
 * @throws FloatgateError `LOG_FILE`
 */
export function openLogFile(file: string): number {
  // O_NONBLOCK: opening a FIFO without a reader fails (ENXIO) instead of waiting for one.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;
  const follow = ownDescriptor.test(file) ? 0 : O_NOFOLLOW;
  try {
    return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | follow, 0o640);
  } catch (error) {
    throw new FloatgateError('LOG_FILE', whyNot(file, error), { cause: error });
  }
}

function whyNot(file: string, error: unknown): string {
  // A loop of links further up gives ELOOP, too.
  if (errnoOf(error) === 'ELOOP' && isLink(file)) return cannotOpen(file, link);
  return unusable(file, errnoOf(error) === 'ENXIO' ? 'it is a pipe that nobody reads' : messageOf(error));
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}

function unusable(file: string, why: string): string {
  return cannotOpen(file, `${why}; choose a file that may be written`);
}

function cannotOpen(file: string, why: string): string {
  return `Cannot open the log file ${file}: ${why}`;
}
