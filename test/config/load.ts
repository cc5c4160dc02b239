import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Problem } from '../../src/base/problem.ts';
import { formatProblem, sortProblems } from '../../src/config/format-problem.ts';
import { type ConfigSources, type LoadedConfig, readConfig } from '../../src/config/read-config.ts';

/** Sources as a test writes them; everything that is left out is empty. `yaml` becomes a file for the test's time. */
export interface WrittenSources extends Partial<ConfigSources> {
  readonly yaml?: string;
}

/** Reads a configuration that must be right. */
export function load(sources: WrittenSources = {}): LoadedConfig {
  const read = readConfig(written(sources));
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

/** The warnings of a configuration. */
export function warningsOf(sources: WrittenSources): readonly string[] {
  return readConfig(written(sources)).warnings;
}

/** Reads a configuration that must be wrong; its problems as a user sees them, the file called `floatgate.yaml`. */
export function problemsOf(sources: WrittenSources): readonly string[] {
  const all = written(sources);
  const read = readConfig(all);
  if (read.ok) throw new Error('the configuration has no problem');
  return shownProblems(read.problems, all.file);
}

/** Problems as a user sees them, `file` called `floatgate.yaml`. */
export function shownProblems(problems: readonly Problem[], file: string | undefined): readonly string[] {
  return sortProblems(problems).map((problem) => formatProblem(problem).replaceAll(file ?? '\0', 'floatgate.yaml'));
}

/** The path of a file that is removed when the test ends. */
export function temporaryFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'floatgate-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'floatgate.yaml');
  writeFileSync(file, text);
  return file;
}

/** The sources of a test as `readConfig` takes them. */
export function written({ yaml, ...sources }: WrittenSources): ConfigSources {
  const file = yaml === undefined ? sources.file : temporaryFile(yaml);
  return { command: 'up', environment: {}, flags: {}, ...sources, ...(file !== undefined && { file }) };
}
