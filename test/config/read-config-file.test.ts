import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mostConfigBytes, readConfigFile, readConfigPipe } from '../../src/config/read-config-file.ts';
import { problemsOf } from './load.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function fifo(): string {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test('a regular file is read, also by links, and where it reports no size', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '..2026'));
  writeFileSync(join(folder, '..2026', 'gateway.yaml'), 'engine: stream # \u00fc\n');
  // As a ConfigMap of Kubernetes is laid out.
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/gateway.yaml', join(folder, 'gateway.yaml'));
  expect(readConfigFile(join(folder, 'gateway.yaml'))).toEqual({ ok: true, text: 'engine: stream # \u00fc\n' });
  expect(readConfigFile('/proc/self/status')).toMatchObject({ ok: true, text: expect.stringContaining('Pid:') });
});

test.each(['/dev/zero', '/dev/null', '/dev/ptmx'])('%s is no configuration', async (device) => {
  expect(await readConfigPipe(device)).toBeUndefined();
  expect(problemsOf({ file: device })).toEqual([
    '--config: Cannot read floatgate.yaml: it is a device; name a regular file or a pipe',
  ]);
});

test('a file of 64 MiB is read, a larger one is not', () => {
  const file = join(temporaryFolder(), 'large.yaml');
  // A file whose first bytes are NUL is taken for UTF-16.
  writeFileSync(file, '#'.repeat(4096));
  truncateSync(file, mostConfigBytes);
  const read = readConfigFile(file);
  expect(read.ok && read.text.length).toBe(mostConfigBytes);
  truncateSync(file, mostConfigBytes + 1);
  expect(problemsOf({ file })).toEqual([
    '--config: Cannot read floatgate.yaml: it is larger than 64 MiB; write a smaller file',
  ]);
  // 1 TiB, sparse.
  truncateSync(file, 2 ** 40);
  expect(readConfigFile(file)).toMatchObject({ ok: false });
});

test('a name that no file may have is a problem', () => {
  expect(readConfigFile('a\0b')).toMatchObject({ ok: false });
  expect(readConfigFile('x'.repeat(5000))).toMatchObject({ ok: false });
  const loop = join(temporaryFolder(), 'loop');
  symlinkSync('loop', loop);
  expect(readConfigFile(loop)).toMatchObject({ ok: false });
});

test('a pipe is read to its end, once somebody writes to it', async () => {
  const path = fifo();
  const read = readConfigPipe(path);
  const writer = await open(path, 'w');
  await writer.write('engine: ');
  await writer.write('stream\n');
  await writer.close();
  expect(await read).toEqual({ ok: true, text: 'engine: stream\n' });
});

test('a regular file is no pipe', async () => {
  expect(await readConfigPipe('package.json')).toBeUndefined();
  expect(await readConfigPipe('/no/such/file')).toBeUndefined();
});

test('a pipe that stays empty is given up', async () => {
  expect(await readConfigPipe(fifo(), 50)).toEqual({
    ok: false,
    why: 'no data came from the pipe within 0.05 s; start what writes to it',
  });
});

test('a pipe that never ends is given up', async () => {
  const path = fifo();
  const read = readConfigPipe(path, 300);
  const writer = await open(path, 'w');
  await writer.write('engine: ');
  expect(await read).toEqual({
    ok: false,
    why: "the pipe's writer has not ended within 0.3 s; start what writes to it",
  });
  await writer.close();
});

test('of a pipe that pours no more than 64 MiB are read', async () => {
  const path = fifo();
  const pouring = spawn('sh', ['-c', 'exec cat /dev/zero > "$0"', path], { stdio: 'ignore' });
  const ended = once(pouring, 'exit');
  expect(await readConfigPipe(path)).toEqual({ ok: false, why: 'it is larger than 64 MiB; write a smaller file' });
  await ended;
});
