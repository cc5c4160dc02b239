import type { Problem } from '../base/problem.ts';

/**
 * A problem as plain text, without a final newline:
 *
 *     gateway.yaml:3:9: Cannot read timeouts.dial: current value is "5 parsecs"; write a duration like 5s, 2m or 5d
 *         dial: 5 parsecs
 *               ^^^^^^^^^
 */
export function formatProblem({ place, message }: Problem): string {
  switch (place.kind) {
    case 'file': {
      const source = place.sourceLine.replaceAll(/(?!\t)\p{Cc}/gu, '?');
      // Tabs stay tabs, so that the caret stands under its character however wide a terminal shows them.
      const indent = source.slice(0, place.column - 1).replaceAll(/[^\t]/g, ' ');
      const width = Math.max(1, Math.min(place.length, source.length - place.column + 1));
      const head = `${place.file}:${place.line}:${place.column}: ${message}`;
      return source.trim() === '' ? head : `${head}\n  ${source}\n  ${indent}${'^'.repeat(width)}`;
    }
    case 'flag':
    case 'environment':
      return `${place.name}: ${message}`;
    case 'default':
      return message;
  }
}
