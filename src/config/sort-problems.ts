import type { Problem } from '../base/problem.ts';

/** A file's problems read top to bottom and come first; those of other sources keep their order. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => {
    if (a.place.kind !== 'file' || b.place.kind !== 'file') {
      return Number(b.place.kind === 'file') - Number(a.place.kind === 'file');
    }
    return a.place.line - b.place.line || a.place.column - b.place.column;
  });
}
