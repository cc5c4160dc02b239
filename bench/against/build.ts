import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WrongUsage } from '../process/wrong-usage.ts';

/** A built floatgate. */
export interface Build {
  /** The folder of its package.json, as given. */
  readonly folder: string;
  /** The file that Node runs: `bin.floatgate` of its package.json. */
  readonly entry: string;
  /** What `--version` prints. */
  readonly version: string;
}

/** Milliseconds that a build may take for its version or for a check. */
const deadline = 30_000;

/**
 * The build in a checkout or an installed package; a relative folder counts from the working directory. Throws
 * WrongUsage where there is none, and where it does not run.
 */
export function findBuild(folder: string): Build {
  const { name, bin } = readPackage(folder);
  if (name !== 'floatgate') {
    throw new WrongUsage(
      `Cannot take the build in ${folder}: its package is ${name ?? 'without a name'}; name a folder of floatgate`,
    );
  }
  const command = typeof bin === 'string' ? bin : bin?.floatgate;
  if (command === undefined) {
    throw new WrongUsage(`Cannot take the build in ${folder}: its package.json has no bin.floatgate`);
  }
  const entry = resolve(folder, command);
  if (!existsSync(entry)) {
    throw new WrongUsage(`Cannot take the build in ${folder}: it has no ${command}; run 'npm run build' there`);
  }
  const { code, stdout, stderr } = runBuild(entry, ['--version']);
  if (code !== 0) {
    const reason = lineOfError(stderr) ?? `it ended with ${code ?? 'a signal'}`;
    throw new WrongUsage(
      `Cannot take the build in ${folder}: '${command} --version' fails: ${reason}; ` +
        "run 'npm ci' there, or build it again",
    );
  }
  return { folder, entry, version: stdout.trim() };
}

interface Package {
  readonly name?: string;
  readonly bin?: string | { readonly floatgate?: string };
}

function readPackage(folder: string): Package {
  const file = join(resolve(folder), 'package.json');
  if (!existsSync(file)) {
    throw new WrongUsage(
      `Cannot take the build in ${folder}: it has no package.json; ` +
        'name a checkout or an installed package of floatgate',
    );
  }
  try {
    const found: Package | null = JSON.parse(readFileSync(file, 'utf8'));
    return found ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongUsage(`Cannot take the build in ${folder}: its package.json is not readable: ${reason}`);
  }
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runBuild(entry: string, args: readonly string[]): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    encoding: 'utf8',
    timeout: deadline,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, stdout, stderr };
}

/** The line with the reason: of a failed import, the one that begins with `Error`. */
function lineOfError(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0];
}
