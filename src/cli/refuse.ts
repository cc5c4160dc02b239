import { printableLine } from '../base/printable.ts';
import type { Problem } from '../base/problem.ts';
import { formatProblem, sortProblems } from '../config/format-problem.ts';
import type { ReadConfig } from '../config/read-config.ts';
import type { ExitCode, Io } from './io.ts';

/** Prints every problem and returns the exit code. */
export async function refuse(problems: readonly Problem[], io: Io): Promise<ExitCode> {
  await io.stderr.write(
    sortProblems(problems)
      .map((problem) => `${formatProblem(problem)}\n`)
      .join(''),
  );
  return 2;
}

/** Prints warnings, for commands without a log and for a gateway before it has one. */
export async function tellWarnings({ warnings }: ReadConfig, io: Io): Promise<void> {
  await io.stderr.write(warnings.map((warning) => `${printableLine(warning)}\n`).join(''));
}
