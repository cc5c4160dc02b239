import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanEnvironment } from '../../helpers/gateway-process.ts';
import { mustRun, runCommand } from '../../helpers/run-command.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
let folder = '';

// Within the project, as what is compiled looks there for its packages; a folder of its own, as others compile, too.
beforeAll(async () => {
  mkdirSync(join(project, 'build'), { recursive: true });
  folder = mkdtempSync(join(project, 'build', 'against-'));
  const compiler = join(project, 'node_modules', '.bin', 'tsc');
  await mustRun(compiler, ['-p', 'tsconfig.bench.json', '--outDir', folder], { cwd: project });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (...args: string[]) =>
  runCommand(process.execPath, [join(folder, 'bench', 'bench.js'), ...args], {
    cwd: project,
    env: cleanEnvironment(),
  });

it('refuses a folder without a build with a sentence and exit code 2', async () => {
  const { code, stdout, stderr } = await bench('--against', folder);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    `Cannot take the build in ${folder}: it has no package.json; ` +
      'name a checkout or an installed package of floatgate\n',
  );
});

it('refuses wrong flags with exit code 2', async () => {
  const { code, stderr } = await bench('--against', folder, '--peers');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'Cannot do --peers and --against in one run: give one of them\n',
  });
});
