import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Finished, runCommand } from '../helpers/run-command.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const setupFile = fileURLToPath(new URL('../helpers/fail-on-warnings.ts', import.meta.url));

/** Runs vitest on one file with one test that passes by itself. Below the project, so that `vitest` is found. */
async function runTest(body: string): Promise<Finished> {
  const root = await mkdtemp(join(project, 'node_modules', '.floatgate-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await writeFile(
    join(root, 'vitest.config.mjs'),
    `export default { test: { setupFiles: [${JSON.stringify(setupFile)}] } };`,
  );
  const test = `import { it } from 'vitest';\nit('passes', async () => { ${body} });\n`;
  await writeFile(join(root, 'one.test.mjs'), test);
  const vitest = join(project, 'node_modules', 'vitest', 'vitest.mjs');
  // Nothing of the run that this test is part of.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  return await runCommand(process.execPath, [vitest, 'run', '--root', root, '--exclude', ''], { cwd: root, env });
}

describe('the setup file of all tests', () => {
  it('lets a quiet test pass', async () => {
    const finished = await runTest('');
    expect(finished.stdout).toContain('1 passed');
    expect(finished.code).toBe(0);
  });

  it.each([
    ['a warning', `process.emitWarning('too many'); await new Promise(setImmediate);`, 'too many'],
    [
      'an unhandled rejection',
      `Promise.reject(new Error('nobody cares')); await new Promise(setImmediate);`,
      'nobody cares',
    ],
  ])('fails a run with %s', async (_, body, message) => {
    const finished = await runTest(body);
    expect(finished.code).toBe(1);
    expect(finished.stdout + finished.stderr).toContain(message);
  });
});
