import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import type { Command } from '../../src/cli/command.ts';
import { completion } from '../../src/cli/completion.ts';
import { demo } from '../../src/cli/demo.ts';
import { drain } from '../../src/cli/drain.ts';
import { forward } from '../../src/cli/forward.ts';
import { commandHelp, flagRows, overview } from '../../src/cli/help-text.ts';
import { logLevel } from '../../src/cli/log-level.ts';
import { map } from '../../src/cli/map.ts';
import { reload } from '../../src/cli/reload.ts';
import { sessions } from '../../src/cli/sessions.ts';
import { status } from '../../src/cli/status.ts';
import { targets } from '../../src/cli/targets.ts';
import { up } from '../../src/cli/up.ts';
import { run } from './fake-io.ts';

const running: readonly Command[] = [status, sessions, targets, reload, drain, logLevel];
const commands: readonly Command[] = [up, forward, map, check, demo, ...running, completion];

/** `--subnet CIDR` -> `--subnet`; `-v, --verbose` -> `--verbose`. */
const flagOf = (left: string) => /--[\w-]+/.exec(left)?.[0];

describe.each(commands.map((command) => [command.name, command] as const))('floatgate %s --help', (name, command) => {
  it('begins with examples, and fits a screen of 80x24 with the prompt below it', async () => {
    const { code, out, err } = await run([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Examples:\n  floatgate ${name}`));
    expect(out).toContain(`\nUsage: floatgate ${name}`);
    expect(out.trimEnd().split('\n').length).toBeLessThan(24);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await run([name, '-h'])).out).toBe(out);
  });

  it('shows flags that there are; with --all, every one', async () => {
    const every = flagRows(command).map(([left]) => flagOf(left));
    for (const [left] of command.common ?? []) expect(every).toContain(flagOf(left));
    const { out } = await run([name, '--help', '--all']);
    for (const [left] of flagRows(command)) expect(out).toContain(`\n  ${left}`);
  });
});

it('floatgate --help begins with examples, and fits a screen of 80x24', async () => {
  const { out } = await run(['--help']);
  expect(out).toMatch(/^Examples:\n {2}floatgate up /);
  expect(out.trimEnd().split('\n').length).toBeLessThan(24);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('floatgate --help --all has every flag once', async () => {
  const { out } = await run(['--help', '--all']);
  for (const [left] of flagRows(up)) expect(out.split(`\n  ${left}`), left).toHaveLength(2);
  expect(out.replaceAll(/\s+/g, ' ')).toContain('[up, map, check, demo]');
});

it.each([40, 80, 110])('breaks lines between words alone, at %i columns', (width) => {
  const texts = (columns: number) => [
    overview(commands, 'all', columns),
    ...commands.map((one) => commandHelp(one, 'all', columns)),
  ];
  const joined = (text: string | undefined) => text?.replaceAll(/\s+/g, ' ');
  const unbroken = texts(10_000);
  for (const [index, text] of texts(width).entries()) {
    expect(joined(text)).toBe(joined(unbroken[index]));
    const wide = text.split('\n').filter((line) => line.length > width);
    // What is not broken: an example, the left part of a row, a usage line, a single word.
    for (const line of wide) expect(line).toMatch(/^ {2}(floatgate|-)|^ *\S+$|^Usage: /);
    expect(text).not.toMatch(/ $/m);
  }
});
