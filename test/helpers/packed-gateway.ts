import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { guard } from './guard.ts';
import { isOlder } from './is-older.ts';
import { asNobody } from './nobody.ts';
import { mustRun, runCommand } from './run-command.ts';

/** The project as a user gets it: packed, and installed without development dependencies. */
export interface PackedGateway {
  /** What `--engine auto` takes there: `splice` where koffi, the one optional dependency, is installed as well. */
  readonly engine: 'stream' | 'splice';
  /** Folder of the installed package; readable by everyone. */
  readonly root: string;
  /** The installed `floatgate` command. */
  readonly bin: string;
  /** A node executable that nobody may run. */
  readonly node: string;
  /** Paths in the tarball, without the leading `package/`. */
  readonly files: readonly string[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    packedGateway: PackedGateway;
  }
}

const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Vitest global setup of the end-to-end tests: provides `packedGateway` and removes it afterwards. The project's
 * FLOATGATE_TEST_ENGINE names the engine.
 */
export default async function setup({ config, provide }: TestProject): Promise<() => Promise<void>> {
  const engine = config.env.FLOATGATE_TEST_ENGINE === 'splice' ? 'splice' : 'stream';
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-packed-'));
  const remove = guard(folder);
  try {
    provide('packedGateway', await packInto(folder, engine));
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}

async function packInto(folder: string, engine: PackedGateway['engine']): Promise<PackedGateway> {
  const main = join(project, 'dist', 'floatgate.cjs');
  if (await isOlder(main, [join(project, 'src')])) {
    await mustRun('npm', ['run', '--silent', 'build'], { cwd: project, timeout: 200_000 });
  }
  // dist/ is built: npm's own `prepare` would only build it once more.
  const packed = await mustRun('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: project,
  });
  const [tarball] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  // In full: the environment may leave optional packages out by itself.
  const extent = ['--omit=dev', engine === 'splice' ? '--include=optional' : '--omit=optional'];
  const quick = ['--no-audit', '--no-fund', '--prefer-offline'];
  const tarballPath = join(folder, tarball.filename);
  await mustRun('npm', ['install', ...extent, ...quick, tarballPath], { cwd: folder, timeout: 200_000 });
  // mkdtemp makes a folder that only its owner may enter, and umask may have been strict.
  await mustRun('chmod', ['-R', 'u=rwX,go=rX', folder]);
  const root = join(folder, 'node_modules', 'floatgate');
  expectKoffi(engine === 'splice' ? 'installed' : 'absent', root);
  return {
    engine,
    root,
    bin: join(folder, 'node_modules', '.bin', 'floatgate'),
    node: await nodeForNobody(folder),
    files: tarball.files.map((file) => file.path),
  };
}

/** Node looks for packages in all folders above, too: a stray node_modules there would change what is tested. */
function expectKoffi(wanted: 'installed' | 'absent', root: string): void {
  let found: string | undefined;
  try {
    found = createRequire(join(root, 'package.json')).resolve('koffi');
  } catch {
    found = undefined;
  }
  if (wanted === 'installed' && found === undefined) {
    throw new Error('Cannot test the splice engine: npm has not installed koffi, an optional dependency');
  }
  if (wanted === 'absent' && found !== undefined) {
    throw new Error(
      `Cannot test floatgate without koffi: Node finds it at ${found}; ` +
        'take it away, or set TMPDIR to a folder elsewhere',
    );
  }
}

/** This node, or a copy of it where it lies in a folder that nobody may not enter (a home folder). */
async function nodeForNobody(folder: string): Promise<string> {
  const [command, ...args] = asNobody([process.execPath, '--version']);
  if ((await runCommand(command, args, { cwd: '/' })).code === 0) return process.execPath;
  const copy = join(folder, 'node');
  await cp(process.execPath, copy);
  await mustRun('chmod', ['0755', copy]);
  return copy;
}

/** PATH with the folder of `node` first, for commands that look node up (`#!/usr/bin/env node`, npm scripts). */
export function pathWith(node: string): string {
  return `${dirname(node)}:${process.env.PATH ?? ''}`;
}
