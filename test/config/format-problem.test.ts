import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../src/config/format-problem.ts';
import { problemsOf } from './load.ts';

describe('the caret', () => {
  const place = { kind: 'file', file: 'f', line: 1, column: 3, length: 4, sourceLine: '\tx: abcd' } as const;

  test('stands right after tabs', () => {
    expect(formatProblem({ place: { ...place, column: 5 }, message: 'M' })).toBe('f:1:5: M\n  \tx: abcd\n  \t   ^^^^');
  });

  test('ends with its line', () => {
    expect(formatProblem({ place: { ...place, column: 7, length: 99 }, message: 'M' }).split('\n')[2]).toBe(
      '  \t     ^^',
    );
  });

  test('control characters of the file do not reach the terminal', () => {
    expect(formatProblem({ place: { ...place, sourceLine: 'a: \x1b[2J' }, message: 'M' })).not.toContain('\x1b');
  });

  test('Windows line ends and a byte order mark do not move it', () => {
    expect(problemsOf({ yaml: '\uFEFFengine: auto\r\nlog: { level: x }\r\n' })[0]).toMatch(
      /^floatgate\.yaml:2:15: .*\n {2}log: \{ level: x \}\n {16}\^$/,
    );
    expect(problemsOf({ yaml: '\uFEFFengine: x' })[0]).toMatch(/^floatgate\.yaml:1:9: /);
  });
});
