import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { topics } from '../../src/cli/help.ts';
import { fakeIo, run } from './fake-io.ts';

const page = (topic: string) => readFileSync(new URL(`../../src/manual/${topic}.md`, import.meta.url), 'utf8');

it('lists the topics with a line each', async () => {
  const { code, out, err } = await run(['help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(topics().length).toBeGreaterThan(10);
  for (const topic of topics()) expect(out).toMatch(new RegExp(`^\\| ${topic} \\| \\S.{10,}\\S \\|$`, 'm'));
});

it('prints a page as Markdown where a program reads it', async () => {
  for (const topic of topics()) expect(await run(['help', topic])).toEqual({ code: 0, out: page(topic), err: '' });
});

it('prints a page for a person on a terminal', async () => {
  const io = fakeIo({}, 'terminal');
  try {
    expect(await runCommandLine(['help', 'engines'], io)).toBe(0);
    expect(io.out()).toMatch(/^Engines\n\n/);
    expect(io.out()).not.toMatch(/\*\*|```|\|/);
  } finally {
    io.remove();
  }
});

it.each(['up', 'forward', 'map', 'status', 'sessions', 'log-level', 'completion', 'help'])(
  'help %s is its --help',
  async (command) => {
    const help = await run([command, '--help']);
    expect(help.out).toContain(`\nUsage: floatgate ${command}`);
    expect(await run(['help', command])).toEqual(help);
  },
);

it.each([
  [['help', 'signls'], "Cannot print signls: the manual has no such topic; did you mean 'floatgate help signals'?"],
  [['help', 'forwrd'], "Cannot print forwrd: the manual has no such topic; did you mean 'floatgate help forward'?"],
  [['help', '../cli/help'], "Cannot print ../cli/help: the manual has no such topic; 'floatgate help' lists them"],
  [['help', 'logs', 'pools'], 'Cannot print pools: write one topic at a time'],
  [['help', '--subnet', 'x'], /^Cannot use --subnet: 'floatgate help' has no such flag/],
] as const)('%j ends with 2', async (words, message) => {
  const { code, out, err } = await run(words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  if (typeof message === 'string') expect(err).toBe(`${message}\n`);
  else expect(err).toMatch(message);
});
