import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cannotLogTo, openLogFile, standardOutput } from '../../src/observe/log-file.ts';
import { temporaryFolder } from './log-fixture.ts';

function modeOf(file: string): string {
  return (statSync(file).mode & 0o7777).toString(8);
}

test('a new file has mode 0640, whatever the umask would allow; one that is there keeps its own', () => {
  const folder = temporaryFolder();
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
  closeSync(openLogFile(join(folder, 'new')));
  expect(modeOf(join(folder, 'new'))).toBe('640');
  writeFileSync(join(folder, 'old'), 'kept\n');
  chmodSync(join(folder, 'old'), 0o604);
  closeSync(openLogFile(join(folder, 'old')));
  expect([modeOf(join(folder, 'old')), statSync(join(folder, 'old')).size]).toEqual(['604', 5]);
});

test('a link as the last part of the path is refused, and makes nothing', () => {
  const folder = temporaryFolder();
  for (const target of ['elsewhere', join(folder, 'elsewhere'), '/dev/stdout', 'link']) {
    const link = join(folder, 'link');
    symlinkSync(target, link);
    const what = 'it is a symbolic link, which may come to lead elsewhere; name the file itself';
    const why = `Cannot open the log file ${link}: ${what}`;
    expect(cannotLogTo(link)).toBe(why);
    expect(() => openLogFile(link)).toThrow(why);
    rmSync(link);
  }
  expect(() => statSync(join(folder, 'elsewhere'))).toThrow('ENOENT');
});

test('a link further up is followed', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'logs'));
  const file = join(folder, 'logs', 'gateway.log');
  expect(cannotLogTo(file)).toBeUndefined();
  closeSync(openLogFile(file));
  expect(modeOf(join(folder, 'real', 'gateway.log'))).toBe('640');
});

test.each(['/dev/null', '/dev/full'])('%s can be logged to', (file) => {
  expect(cannotLogTo(file)).toBeUndefined();
  closeSync(openLogFile(file));
});

test.each(['/dev/fd', '/proc/self/fd'])('what a link in %s leads to can be logged to', (folder) => {
  const file = join(temporaryFolder(), 'log');
  const fd = openSync(file, 'a');
  const again = openLogFile(join(folder, String(fd)));
  writeSync(again, 'a line\n');
  closeSync(again);
  closeSync(fd);
  expect(readFileSync(file, 'utf8')).toBe('a line\n');
});

test.each([
  ['-', 'stderr'],
  ['/dev/stderr', 'stderr'],
  ['/dev/fd/2', 'stderr'],
  ['/proc/self/fd/2', 'stderr'],
  ['/dev/stdout', 'stdout'],
  ['/dev/fd/1', 'stdout'],
  ['/proc/self/fd/1', 'stdout'],
  ['/dev/fd/12', undefined],
  ['/dev/stdin', undefined],
  ['./-', undefined],
  ['/var/log/stdout', undefined],
])('%s is %s', (file, output) => {
  expect(standardOutput(file)).toBe(output);
  if (output !== undefined) expect(cannotLogTo(file)).toBeUndefined();
});
