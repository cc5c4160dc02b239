import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog, type Log, type LogOptions } from '../../src/observe/log.ts';

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a log has written: JSON of all levels unless `options` differ. */
export function logged(options: Partial<LogOptions>, write: (log: Log) => void): string {
  const file = join(temporaryFolder(), 'log');
  const fd = openSync(file, 'a');
  const log = createLog({ level: 'debug', fd, style: 'json', ...options });
  write(log);
  log.flush();
  closeSync(fd);
  return readFileSync(file, 'utf8');
}

export function jsonLines(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
