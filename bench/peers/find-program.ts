import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotHere } from './peer.ts';

/** Where a program lies; throws NotHere. Daemons live in sbin, which not every PATH has. */
export function findProgram(name: string): string {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  throw new NotHere(`${name} is not installed`);
}

/** What it prints about itself, on stdout or stderr. */
export function output(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 5_000 });
  return `${stdout ?? ''}${stderr ?? ''}`;
}

/** The first thing in there that looks like a version. */
export function versionOf(program: string, args: readonly string[]): string {
  return /\d+\.\d+[\w.+-]*/.exec(output(program, args))?.[0] ?? 'unknown version';
}
