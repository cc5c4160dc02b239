import { describe, expect, test } from 'vitest';
import { plan } from '../plan/planning.ts';
import { problemsOf } from './load.ts';

const longest = `/${'x'.repeat(106)}`;

describe('the control socket', () => {
  test.each([
    [{}, { socket: 'auto' }],
    [{ yaml: 'control: { socket: off }' }, { socket: 'off' }],
    [{ yaml: 'control: { socket: auto, instance: web-1.a_b }' }, { socket: 'auto', instance: 'web-1.a_b' }],
    [{ flags: { control: './a.sock', instance: 'web' } }, { socket: { path: './a.sock' }, instance: 'web' }],
    [{ flags: { control: longest } }, { socket: { path: longest } }],
    [
      { environment: { FLOATGATE_CONTROL: '/run/a', FLOATGATE_INSTANCE: 'b' } },
      { socket: { path: '/run/a' }, instance: 'b' },
    ],
    [{ yaml: 'control: { socket: /run/a }', flags: { control: 'auto' } }, { socket: 'auto' }],
  ])('%j: %j', (sources, expected) => {
    expect(plan(sources).control).toEqual(expected);
  });

  test.each(['of', 'on', '', 'a.sock', '/', '/run/', '/a\0b'])('%j is no path', (control) => {
    expect(problemsOf({ flags: { control } })).toEqual([
      expect.stringMatching(
        /^--control: Cannot read control.socket: .*; write auto, off or the path of a socket, like/,
      ),
    ]);
  });

  test.each([`${longest}x`, `/${'\u00e4'.repeat(54)}`])('%s is too long', (control) => {
    expect(problemsOf({ flags: { control } })[0]).toMatch(/the path of a socket has 107 bytes at most/);
  });

  test.each(['1a', 'a b', '-a', 'a/b', 'x'.repeat(33)])('%s is no name', (instance) => {
    expect(problemsOf({ flags: { instance } })[0]).toMatch(/write a name of up to 32 letters, digits, -, _ and \./);
  });
});
