import type { Problem } from '../base/problem.ts';
import { formatProblem } from '../config/format-problem.ts';
import type { ExitCode, Io } from './io.ts';

/** Prints every problem; the command then ends with what this returns. */
export async function refuse(problems: readonly Problem[], io: Io): Promise<ExitCode> {
  await io.stderr.write(problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
  return 2;
}
