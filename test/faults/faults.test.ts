import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { builtFaults } from '../helpers/bench-build.ts';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { runCommand } from '../helpers/run-command.ts';
import { faults } from './all.ts';
import type { Fault } from './fault.ts';
import { hindrance } from './needs.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
/** Milliseconds after which a fault is killed; its own deadlines come before. */
const deadline = 220_000;

/** Why a fault cannot be tried here, or `undefined`. In CI that is an error: nothing may be skipped there. */
function whySkipped({ name, needs }: Fault): string | undefined {
  const why = hindrance(needs);
  if (why !== undefined && process.env.CI !== undefined && process.env.CI !== 'false') {
    throw new Error(`Cannot try ${name} in CI: ${why}`);
  }
  return why;
}

// `npm run faults` with short time-outs, over the installed package. Each fault is a process of its own with ports and
// namespaces of its own, and most of them wait for something: so they run side by side.
describe.concurrent('faults', () => {
  let script = '';
  beforeAll(async () => {
    script = await builtFaults();
  });

  for (const fault of faults) {
    const why = whySkipped(fault);
    const title = `${fault.title}: ${fault.expected}`;
    it.skipIf(why !== undefined)(why === undefined ? title : `${title} (skipped: ${why})`, async () => {
      const { engine, node, root } = inject('packedGateway');
      const command = [script, '--ci', '--only', fault.name];
      const gateway = ['--engine', engine, '--floatgate', join(root, 'dist', 'floatgate.cjs')];
      const { code, stderr } = await runCommand(node, [...command, ...gateway], {
        cwd: project,
        env: cleanEnvironment(),
        timeout: deadline,
      });
      expect(code, stderr).toBe(0);
      // A fault that was skipped there, or found nothing to check, has not held.
      expect(stderr).toMatch(new RegExp(`^holds +${fault.name}, ${engine}, [1-9]`, 'm'));
    });
  }
});
