import { printableColumns, printableLine } from '../base/printable.ts';
import type { Place, Problem } from '../base/problem.ts';

/**
 * A problem as plain text, without a final newline:
 *
 *     gateway.yaml:3:9: Cannot read timeouts.dial: current value is "5 parsecs"; write a duration like 5s, 2m or 5d
 *         dial: 5 parsecs
 *               ^^^^^^^^^
 *
 * Control characters of files and words are escaped. `width`: columns that an excerpt of a line may take.
 */
export function formatProblem({ place, message }: Problem, width = Number.POSITIVE_INFINITY): string {
  switch (place.kind) {
    case 'file': {
      const { source, column } = excerpt(place, width);
      // Tabs stay tabs, so that the caret stands under its character however wide a terminal shows them.
      const indent = source.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
      const carets = Math.max(1, Math.min(place.length, source.length - column + 1));
      const head = shown(`${place.file}:${place.line}:${place.column}: ${message}`);
      return source.trim() === '' ? head : `${head}\n  ${source}\n  ${indent}${'^'.repeat(carets)}`;
    }
    case 'flag':
    case 'environment':
      return shown(`${place.name}: ${message}`);
    case 'default':
      return shown(message);
  }
}

/** A file's problems read top to bottom and come first; those of other sources keep their order. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => {
    if (a.place.kind !== 'file' || b.place.kind !== 'file') {
      return Number(b.place.kind === 'file') - Number(a.place.kind === 'file');
    }
    return a.place.line - b.place.line || a.place.column - b.place.column;
  });
}

/** Our own messages go on in lines that are indented, such as commands to paste; no other may begin. */
function shown(message: string): string {
  return message
    .split(/\n(?= {2})/)
    .map(printableLine)
    .join('\n');
}

/** Most columns that are shown of a long line. */
const widest = 160;
/** Columns beside them: the indent, and the dots at either end. */
const beside = 8;

/** The line, or what is around the column of a long one, and where the column is then. */
function excerpt(
  { sourceLine, column }: Extract<Place, { kind: 'file' }>,
  width: number,
): { source: string; column: number } {
  const shown = Math.max(20, Math.min(widest, width - beside));
  if (sourceLine.length <= shown) return { source: printableColumns(sourceLine), column };
  const before = Math.floor((shown * 3) / 8);
  const start = Math.max(0, Math.min(column - 1 - before, sourceLine.length - shown));
  const end = start + shown;
  const head = start === 0 ? '' : '...';
  const tail = end < sourceLine.length ? '...' : '';
  const source = `${head}${printableColumns(sourceLine.slice(start, end))}${tail}`;
  return { source, column: column - start + head.length };
}

/** `gateway.yaml:3:5`, `--subnet` or `FLOATGATE_SUBNET`; nothing for a default. */
export function placeText(place: Place): string | undefined {
  if (place.kind === 'file') return `${place.file}:${place.line}:${place.column}`;
  return place.kind === 'default' ? undefined : place.name;
}
