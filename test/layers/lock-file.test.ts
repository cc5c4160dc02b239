import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string }>>;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

// npm leaves it out of packages that it took from node_modules.
it('has the checksum of each package, for all platforms', () => {
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});

it('names no registry, as anyone may have another', () => {
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});
