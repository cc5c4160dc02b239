import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { type CommandOptions, type Finished, mustRun, runCommand } from '../helpers/run-command.ts';

/** A network namespace and what runs in it. */
export interface Namespace {
  readonly name: string;
  /** The argument vector that runs `command` in this namespace, as root; the process id stays the command's own. */
  readonly command: (command: readonly string[]) => readonly [string, ...string[]];
  readonly run: (command: readonly string[], options?: CommandOptions) => Promise<Finished>;
  /** As `run`, but a non-zero exit code is an error. */
  readonly must: (command: readonly string[], options?: CommandOptions) => Promise<Finished>;
  readonly spawn: (command: readonly string[], options: SpawnOptions) => ChildProcess;
}

/** Speaks of a namespace by its name; makes and removes nothing. */
export function namespace(name: string): Namespace {
  const inside = (command: readonly string[]): readonly [string, ...string[]] => [
    'ip',
    'netns',
    'exec',
    name,
    ...command,
  ];
  return {
    name,
    command: inside,
    run(command, options) {
      const [first, ...rest] = inside(command);
      return runCommand(first, rest, options);
    },
    must(command, options) {
      const [first, ...rest] = inside(command);
      return mustRun(first, rest, options);
    },
    spawn(command, options) {
      const [first, ...rest] = inside(command);
      return spawn(first, rest, options);
    },
  };
}
