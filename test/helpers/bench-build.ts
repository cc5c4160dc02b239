import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOlder } from './is-older.ts';
import { mustRun } from './run-command.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Compiles benchmarks and faults into build/, unless that has been done: another run may be using it.
 * Returns the script that runs faults.
 */
export async function builtFaults(): Promise<string> {
  const script = join(project, 'build', 'test', 'faults', 'run-faults.js');
  if (await isOlder(script, [join(project, 'src'), join(project, 'bench'), join(project, 'test')])) {
    await mustRun(join(project, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.bench.json'], { cwd: project });
  }
  return script;
}
