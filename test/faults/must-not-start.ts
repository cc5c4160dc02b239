import { spawnSync } from 'node:child_process';
import { asNobody } from '../helpers/nobody.ts';
import type { Fixture } from './fixture.ts';

/** Checks that a command line is refused with exit 2 and a message. `inside` as in `GatewayOptions`. */
export async function mustNotStart(
  fixture: Fixture,
  inside: readonly string[],
  args: readonly string[],
  message: RegExp,
): Promise<void> {
  const command = [...inside, ...asNobody([process.execPath, fixture.main, ...args, '--engine', fixture.engine])];
  const { status, stderr } = spawnSync(command[0] ?? '', command.slice(1), { encoding: 'utf8', timeout: 60_000 });
  fixture.check(`refused: ${args.join(' ')}`, status === 2 && message.test(stderr), `${status}: ${stderr}`);
}
