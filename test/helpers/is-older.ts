import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a file that was built is missing, or older than a file in one of these folders. */
export async function isOlder(built: string, folders: readonly string[]): Promise<boolean> {
  const made = await stat(built).catch(() => undefined);
  if (made === undefined) return true;
  const lists = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })));
  const files = lists.flat().filter((entry) => entry.isFile());
  const times = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs),
  );
  return times.some((time) => time > made.mtimeMs);
}
