import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

/** JavaScript that a child process can run; Node 20 does not run TypeScript. */
export interface Compiled {
  /** Holds the files as they lie in src/. */
  readonly folder: string;
  remove(): void;
}

/** Compiles one file and what it imports into a folder that anyone may read, without node_modules. */
export function compileFile(file: string): Compiled {
  const top = mkdtempSync(join(tmpdir(), 'floatgate-compiled-'));
  chmodSync(top, 0o755);
  writeFileSync(join(top, 'package.json'), '{ "type": "module" }');
  compile(top, join(top, 'dist'), { include: [], files: [join(root, 'src', file)] });
  return { folder: join(top, 'dist'), remove: () => rmSync(top, { recursive: true }) };
}

/** Compiles all of src/ into a folder inside node_modules, so that packages are found. */
export function compileAll(): Compiled {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const top = mkdtempSync(join(cache, 'floatgate-'));
  cpSync(join(root, 'package.json'), join(top, 'package.json'));
  compile(top, join(top, 'dist'), { include: [join(root, 'src')] });
  return { folder: join(top, 'dist'), remove: () => rmSync(top, { recursive: true }) };
}

function compile(top: string, outDir: string, what: object): void {
  const project = join(top, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    rootDir: join(root, 'src'),
    outDir,
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, ...what }));
  const done = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Cannot compile for the test: ${done.stdout}${done.stderr}`);
}
