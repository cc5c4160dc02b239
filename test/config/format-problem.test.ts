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

  test('names of files, keys and values neither act upon a terminal nor add lines', () => {
    const hostile = 'a\x1b[2J\u009b1m\u202e\u2028\nb\rc';
    const shown = 'a\\u001b[2J\\u009b1m\\u202e\\u2028\\u000ab\\u000dc';
    expect(formatProblem({ place: { ...place, file: hostile, sourceLine: '' }, message: hostile })).toBe(
      `${shown}:1:3: ${shown}`,
    );
    expect(formatProblem({ place: { kind: 'flag', name: hostile }, message: hostile })).toBe(`${shown}: ${shown}`);
    expect(formatProblem({ place: { kind: 'default' }, message: hostile })).toBe(shown);
    const yaml =
      `? "k\u009b31m"\n: 1\n${JSON.stringify(hostile)}: 1\ngateway: { services: { "\u202ex": 1, ` +
      `${JSON.stringify(hostile)}: {} } }\n`;
    const text = problemsOf({ yaml }).join('\n');
    expect(text).toContain('Cannot use key "k\\u009b31m"');
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
  });

  test('of a long line, what is around the caret is shown', () => {
    const sourceLine = `[${'x, '.repeat(100_000)}wrong, ${'x, '.repeat(100_000)}]`;
    const column = sourceLine.indexOf('wrong') + 1;
    const [head, source = '', carets = ''] = formatProblem({
      place: { ...place, column, length: 5, sourceLine },
      message: 'M',
    }).split('\n');
    expect(head).toBe(`f:1:${column}: M`);
    expect(source).toHaveLength(168);
    expect(source.slice(carets.indexOf('^'), carets.length)).toBe('wrong');
    const last = formatProblem({ place: { ...place, column: sourceLine.length, length: 9, sourceLine }, message: 'M' });
    expect(last.split('\n')[1]).toHaveLength(165);
    expect(last).toMatch(/\]\n {164}\^$/);
  });

  test('Windows line ends and a byte order mark do not move it', () => {
    expect(problemsOf({ yaml: '\uFEFFengine: auto\r\nlog: { level: x }\r\n' })[0]).toMatch(
      /^floatgate\.yaml:2:15: .*\n {2}log: \{ level: x \}\n {16}\^$/,
    );
    expect(problemsOf({ yaml: '\uFEFFengine: x' })[0]).toMatch(/^floatgate\.yaml:1:9: /);
  });
});
