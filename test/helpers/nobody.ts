import { spawnSync } from 'node:child_process';

/** The user that runs the gateway when the tests run as root: `nobody`, with no group and no capability. */
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'] as const;

export const isRoot: boolean = process.getuid?.() === 0;

const haveSetpriv = isRoot && spawnSync('setpriv', ['--version']).status === 0;

/** Whether `asNobody` really gives up root; without root there is nothing to give up. */
export const runsUnprivileged: boolean = !isRoot || haveSetpriv;

/**
 * The argument vector that runs `command` as nobody where we are root, and as ourselves elsewhere.
 * setpriv replaces itself by the command, so the process id stays that of the command.
 */
export function asNobody(command: readonly string[]): readonly [string, ...string[]] {
  const [first, ...rest] = haveSetpriv ? [...nobody, ...command] : command;
  if (first === undefined) throw new Error('Cannot run an empty command');
  return [first, ...rest];
}
