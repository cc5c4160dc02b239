import { type SpawnOptions, spawn } from 'node:child_process';

/** How a command ended, and all its output. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from start to end. */
  readonly duration: number;
}

export interface CommandOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  /** Given to the command's stdin. Without it stdin is /dev/null: bash takes a socket there for a remote shell. */
  readonly input?: string;
  /** Milliseconds until the command is killed; 60 s when left out. */
  readonly timeout?: number;
}

/** Runs a command to its end. Resolves whatever its exit code; rejects only when it cannot be started. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const { input, timeout = 60_000, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      ...spawnOptions,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A command that does not read its input closes the pipe under us (EPIPE); its exit code shows the failure.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, duration: performance.now() - started });
    });
  });
}

/** Runs a command that must succeed; the error shows its output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  const finished = await runCommand(command, args, options);
  if (finished.code !== 0) {
    const output = `${finished.stdout}${finished.stderr}`.trim();
    throw new Error(
      `Cannot run ${command} ${args.join(' ')}: it ended with ${finished.code ?? finished.signal}: ${output}`,
    );
  }
  return finished;
}
