import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const setpriv = '/usr/bin/setpriv';
/** How long a process may take to end after SIGTERM, milliseconds, before it gets SIGKILL. */
const grace = 3_000;

/**
 * Every process that a run has started, so that none outlives it: not after a failure, not after Ctrl-C.
 * Processes are ended by their own id, never by name.
 */
export class Children {
  readonly #running = new Set<ChildProcess>();
  readonly #cleanUps: (() => Promise<void>)[] = [];

  /**
   * Starts a program. Where there is setpriv(1), the kernel ends it should we be killed outright; setpriv replaces
   * itself by the program, so that the process id is the program's own.
   */
  spawn(command: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
    if (!existsSync(setpriv)) return this.#keep(spawn(command, args, { stdio }));
    return this.#keep(spawn(setpriv, ['--pdeathsig', 'TERM', command, ...args], { stdio }));
  }

  /**
   * Starts a Node script of ours that speaks over IPC and ends by itself when this process does (see serve.ts).
   * `wrap` is a command that replaces itself by the one that follows it, such as `ip netns exec NAME`.
   */
  fork(script: string, [first, ...rest]: readonly string[] = []): ChildProcess {
    const wrapped = first === undefined ? {} : { execPath: first, execArgv: [...rest, process.execPath] };
    return this.#keep(fork(script, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], ...wrapped }));
  }

  /** Ends a process: SIGTERM first, SIGKILL after the grace. Resolves with its exit code. */
  async stop(child: ChildProcess): Promise<number | null> {
    if (!this.#running.has(child)) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const ended = new AbortController();
    const late = delay(grace, 'late', { signal: ended.signal }).catch(() => 'ended');
    if ((await Promise.race([exit, late])) === 'late') {
      child.kill('SIGKILL');
      await exit;
    }
    ended.abort();
    return child.exitCode;
  }

  /** What is to be done when all have been stopped, such as removing what they used. */
  afterwards(cleanUp: () => Promise<void>): void {
    this.#cleanUps.push(cleanUp);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.stop(child)));
    await Promise.all(this.#cleanUps.splice(0).map((cleanUp) => cleanUp()));
  }

  /** For `process.on('exit')`, where nothing asynchronous runs any more. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    // A program that cannot be started emits `error` and no `exit`.
    child.once('error', () => this.#running.delete(child));
    return child;
  }
}
