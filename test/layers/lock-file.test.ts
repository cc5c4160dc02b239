import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string }>>;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

it('holds what each package must be, for all platforms: npm leaves that out of those that it took from node_modules', () => {
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});

it('names no registry, as anyone may have another', () => {
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});
