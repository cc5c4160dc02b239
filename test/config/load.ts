import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatProblem } from '../../src/config/format-problem.ts';
import { type ConfigSources, type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { sortProblems } from '../../src/config/sort-problems.ts';

/** Sources as a test writes them; everything that is left out is empty. `yaml` becomes a file for the test's time. */
export interface WrittenSources extends Partial<ConfigSources> {
  readonly yaml?: string;
}

/** Loads a configuration that must be right. */
export function load(sources: WrittenSources = {}): LoadedConfig {
  const loaded = loadConfig(written(sources));
  if (loaded.problems.length > 0) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded;
}

/** Loads a configuration that must be wrong; its problems as a user sees them, the file called `floatgate.yaml`. */
export function problemsOf(sources: WrittenSources): readonly string[] {
  const all = written(sources);
  const loaded = loadConfig(all);
  if (loaded.problems.length === 0) throw new Error('the configuration has no problem');
  return sortProblems(loaded.problems).map((problem) =>
    formatProblem(problem).replaceAll(all.file ?? '\0', 'floatgate.yaml'),
  );
}

/** The path of a file that is gone when the test ends. */
export function temporaryFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'floatgate-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'floatgate.yaml');
  writeFileSync(file, text);
  return file;
}

/** The sources of a test as `loadConfig` takes them. */
export function written({ yaml, ...sources }: WrittenSources): ConfigSources {
  const file = yaml === undefined ? sources.file : temporaryFile(yaml);
  return { command: 'up', environment: {}, flags: {}, ...sources, ...(file !== undefined && { file }) };
}
