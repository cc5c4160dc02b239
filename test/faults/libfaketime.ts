import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's libfaketime lies (/usr/lib/ARCHITECTURE/faketime), or `undefined`. */
export function libfaketime(): string | undefined {
  const folder = '/usr/lib';
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((architecture) => join(folder, architecture, 'faketime', 'libfaketime.so.1'))
    .find((file) => existsSync(file));
}
