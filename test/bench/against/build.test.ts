import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findBuild } from '../../../bench/against/build.ts';
import { WrongUsage } from '../../../bench/process/wrong-usage.ts';

/** A folder with these files, by their path in it; taken away at the end of the test. */
function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-against-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const named = (bin: unknown) => ({ name: 'floatgate', version: '9.9.9', bin });
/** Prints a version; `check` fails where it does not know `unlimited`. */
const entry = "if (process.argv[2] === '--version') console.log('1.2.3');";

it.each([
  ['dist/main.js', { floatgate: 'dist/main.js' }],
  ['dist/floatgate.cjs', { floatgate: './dist/floatgate.cjs' }],
  ['dist/floatgate.cjs', 'dist/floatgate.cjs'],
])('takes %s where package.json has bin %j', (file, bin) => {
  const folder = folderOf({ 'package.json': named(bin), [file]: entry });
  expect(findBuild(folder)).toEqual({ folder, entry: join(folder, file), version: '1.2.3' });
});

it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
  ['without a package.json', {}, /it has no package\.json; name a checkout or an installed package/],
  ['whose package.json is no JSON', { 'package.json': '{' }, /its package\.json is not readable: /],
  ['whose package.json is null', { 'package.json': null }, /its package is without a name/],
  ['of another package', { 'package.json': { name: 'yaml' } }, /its package is yaml; name a folder of floatgate$/],
  ['without a command', { 'package.json': { name: 'floatgate' } }, /its package\.json has no bin\.floatgate$/],
  [
    'without a dist/',
    { 'package.json': named({ floatgate: 'dist/main.js' }) },
    /it has no dist\/main\.js; run 'npm run build' there$/,
  ],
  [
    'whose dependencies are missing',
    { 'package.json': named({ floatgate: 'dist/main.js' }), 'dist/main.js': `require('floatgate-is-not-here');` },
    /'dist\/main\.js --version' fails: Error: Cannot find module 'floatgate-is-not-here'; run 'npm ci' there/,
  ],
])('refuses a folder %s', (_, files, message) => {
  const folder = folderOf(files);
  expect(() => findBuild(folder)).toThrow(WrongUsage);
  expect(() => findBuild(folder)).toThrow(message);
  expect(() => findBuild(folder)).toThrow(`Cannot take the build in ${folder}: `);
});

it('refuses a folder that does not exist', () => {
  const folder = join(folderOf({}), 'nowhere');
  expect(() => findBuild(folder)).toThrow(`Cannot take the build in ${folder}: it has no package.json`);
});
