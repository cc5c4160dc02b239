import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Children } from './children.ts';
import { projectRoot } from './project.ts';

/** What a run makes outside of its own process, and what takes it away again. */
export interface Workshop {
  /** For configuration files and compiled programs. */
  readonly folder: string;
  /** A network namespace that may be made under this name. */
  namespace(part: NamespacePart): string;
}

const namespaceParts = ['client', 'gateway', 'subnet'] as const;
type NamespacePart = (typeof namespaceParts)[number];

/**
 * It is cleared away after the children were stopped. A guard process does that when the other end of its stdin closes,
 * so that nothing is left even when this process is killed.
 */
export function openWorkshop(children: Children): Workshop {
  const id = `floatgate-bench-${process.pid}-${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), `${id}-`));
  const namespace = (part: NamespacePart): string => `${id}-${part}`;
  const script = join(projectRoot(), 'test', 'helpers', 'guard.sh');
  // A session of its own, so that Ctrl-C on the terminal does not reach it.
  const guard = spawn('bash', [script, folder, ...namespaceParts.map(namespace)], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const exit = once(guard, 'exit');
  children.afterwards(async () => {
    guard.stdin.end();
    await exit;
  });
  return { folder, namespace };
}
