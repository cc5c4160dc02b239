import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The folder of the project: looked for upwards from this file, then from the working directory. */
export function projectRoot(): string {
  for (const start of [import.meta.dirname, process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const file = join(folder, 'package.json');
      if (existsSync(file) && readPackage(file).name === 'floatgate') return folder;
      if (dirname(folder) === folder) break;
    }
  }
  throw new Error('Cannot find the project: run this from within it, by npm run');
}

/** The version of the project. */
export function projectVersion(): string {
  return readPackage(join(projectRoot(), 'package.json')).version ?? 'unknown';
}

/** The built command, as arguments of node. */
export function floatgateMain(given: string | undefined): string {
  const main = given === undefined ? join(projectRoot(), 'dist', 'floatgate.cjs') : resolve(given);
  if (!existsSync(main)) throw new Error(`Cannot find ${main}: run 'npm run build', or name it with --floatgate FILE`);
  return main;
}

function readPackage(file: string): { readonly name?: string; readonly version?: string } {
  return JSON.parse(readFileSync(file, 'utf8'));
}
