import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Provisional: control sockets of this user. */
export async function findInstances(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const { XDG_RUNTIME_DIR } = environment;
  if (!XDG_RUNTIME_DIR) return [];
  const folder = join(XDG_RUNTIME_DIR, 'floatgate');
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.sock'))
    .map((file) => ({ name: file.slice(0, -'.sock'.length), path: join(folder, file) }));
}
