import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../config/load.ts';
import { run } from './fake-io.ts';

const running = ['status', 'sessions', 'targets', 'reload', 'drain', 'log-level'];
const commands = ['up', 'forward', 'map', 'check', 'demo', ...running, 'completion'];

it('lists the commands in --help, and on stderr with 2 when there is none', async () => {
  const help = await run(['--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  for (const command of commands) expect(help.out).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect(await run([])).toEqual({ code: 2, out: '', err: help.out });
});

it('reports all wrong words at once', async () => {
  const { code, err } = await run(['up', '--subent', 'x', 'word', '--hots=1']);
  expect(code).toBe(2);
  expect(err.split('\n').map((line) => line.split(':')[0])).toEqual([
    'Cannot use --subent',
    'Cannot use --hots',
    'Cannot use word',
    '',
  ]);
});

it.each(['--version', '-V', '-v'])('%s prints the version', async (flag) => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await run([flag])).toEqual({
    code: 0,
    out: `${Reflect.get(manifest as object, 'version')}\n`,
    err: '',
  });
});

it.each([
  [['up', '--subent', '10.0.0.0/24'], "Cannot use --subent: 'floatgate up' has no such flag; did you mean --subnet?"],
  [['up', '--subent=10.0.0.0/24'], "Cannot use --subent: 'floatgate up' has no such flag; did you mean --subnet?"],
  [['map', '--xyzzy'], "Cannot use --xyzzy: 'floatgate map' has no such flag; 'floatgate map --help' lists them"],
  [['up', '-x'], "Cannot use -x: 'floatgate up' has no such flag; 'floatgate up --help' lists them"],
  [['up', '--no-verbose'], /^Cannot use --no-verbose: 'floatgate up' has no such flag/],
  [['forward', '8080=10.0.0.5:80', '--subnet', 'auto'], /^Cannot use --subnet: 'floatgate forward' has no such flag/],
  [['up', '--subnet'], 'Cannot use --subnet: it needs a value; write it behind the flag'],
  [['up', '--config', 'a', '--config', 'b'], 'Cannot use --config 2 times: it takes one file; give it once'],
  [['frward', '8080=10.0.0.5:80'], "Cannot run frward: there is no such command; did you mean 'floatgate forward'?"],
  [
    ['check', '--hosts', '1-2', 'forward'],
    "Cannot use forward: 'floatgate check' takes no such argument; leave it out",
  ],
  [['up', '--log-quiet=maybe'], 'Cannot read --log-quiet: current value is "maybe"; write true or false'],
  [['chek'], "Cannot run chek: there is no such command; did you mean 'floatgate check'?"],
  [['frobnicate'], "Cannot run frobnicate: there is no such command; 'floatgate --help' lists them"],
  [['up', 'word'], "Cannot use word: 'floatgate up' takes no such argument; leave it out"],
  [['forward'], 'Cannot forward nothing: write at least one LISTEN=TARGET, like 8080=10.0.0.5:80'],
  [['completion', 'fish'], /^Cannot complete for fish/],
  [['--verbose'], /^Cannot use --verbose without a command/],
  [['map', '-v'], "Cannot use -v: 'floatgate map' has no such flag; 'floatgate map --help' lists them"],
  [['up', '--__proto__'], "Cannot use --__proto__: 'floatgate up' has no such flag; 'floatgate up --help' lists them"],
  [['up', '--hasOwnProperty=x'], /^Cannot use --hasOwnProperty: 'floatgate up' has no such flag; /],
  [['map', '--toString', '--json'], /^Cannot use --toString: 'floatgate map' has no such flag; /],
  [['--constructor'], /^Cannot use --constructor without a command: /],
  [['constructor'], /^Cannot run constructor: there is no such command; /],
  [['map', '--', '--json'], "Cannot use --json: 'floatgate map' takes no such argument; leave it out"],
  [['up', '--skip-busy=maybe'], 'Cannot read --skip-busy: current value is "maybe"; write true or false'],
  [['sessions', '--hots', '16'], "Cannot use --hots: 'floatgate sessions' has no such flag; did you mean --host?"],
  [['sessions', '--host'], 'Cannot use --host: it needs a value; write it behind the flag'],
  [['sessions', '--host', '1', '--host', '2'], 'Cannot use --host 2 times: it takes one value; give it once'],
  [['sesions'], "Cannot run sesions: there is no such command; did you mean 'floatgate sessions'?"],
  [
    ['status', '--watch'],
    "Cannot use --watch: 'floatgate status' has no such flag; 'floatgate status --help' lists them",
  ],
  [['log-level', 'loud'], /^Cannot log loud: there is no such level; write one of trace, /],
  [['check', '--schema='], 'Cannot read --schema: current value is ""; write true or false'],
] as const)('%j ends with 2 and one line that names the way out', async (words, message) => {
  const { code, out, err } = await run(words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.split('\n')).toHaveLength(2);
  if (typeof message === 'string') expect(err).toBe(`${message}\n`);
  else expect(err.trimEnd()).toMatch(message);
});

it('reports all problems of flags and environment at once, and starts nothing', async () => {
  const words = ['up', '--hosts', 'all', '--dial-timeout', 'soon'];
  const { code, out, err } = await run(words, { FLOATGATE_SUBNET: '10.0.0.1' });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^FLOATGATE_SUBNET: Cannot /m);
  expect(err).toMatch(/^--hosts: Cannot /m);
  expect(err).toMatch(/^--dial-timeout: Cannot /m);
  expect(err).not.toContain('    at ');
});

it.each([
  [['--json'], 'JSON'],
  [['--json=yes'], 'JSON'],
  [['--json', 'ON'], 'JSON'],
  [['--json=no', '--json=1'], 'JSON'],
  [['--json=false'], 'a table'],
  [['--json', 'off'], 'a table'],
  [['--json', '--json=0'], 'a table'],
] as const)('map %j prints %s, whatever FLOATGATE_JSON is', async (flags, form) => {
  const words = ['map', '--subnet', '192.168.20.0/24', '--hosts', '9', ...flags];
  const environment = { FLOATGATE_JSON: form === 'JSON' ? 'no' : 'yes' };
  const { code, out } = await run(words, environment);
  expect({ code, first: out[0] }).toEqual({ code: 0, first: form === 'JSON' ? '{' : 'h' });
});

it('-- ends the flags: what follows are words', async () => {
  const { err } = await run(['forward', '--allow', 'nowhere', '--', '8080=10.0.0.5:80', '--verbose']);
  expect(err).toMatch(/^--allow: Cannot read access\.allow\[0\]/m);
  expect(err).toContain('--verbose: Cannot read a forward: current value is "--verbose"');
  expect(await run(['--', 'map', '--hosts'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot use --hosts'),
  });
  expect(await run(['--json', '--', 'map'], { FLOATGATE_SUBNET: '10.0.0.0/24' })).toMatchObject({ code: 0 });
});

it('warns of variables that it does not know', async () => {
  const { code, err } = await run(['map', '--subnet', '192.168.20.0/24'], { FLOATGATE_SUBNETT: 'x' });
  expect(code).toBe(0);
  expect(err).toMatch(/^Cannot use FLOATGATE_SUBNETT: .*FLOATGATE_SUBNET\?\n$/);
});

describe.each(['up', 'check'])('%s shows every problem of a phase at once, in the order of the file', (command) => {
  const rest = [
    'gateway: { subnet: metadata }',
    'forwards: [{ listen: 80, to: "127.0.0.1:80" }]',
    'log: { file: /nowhere/at/all.log }',
    '',
  ].join('\n');

  async function problems(engine: string, dial: string): Promise<readonly (string | undefined)[]> {
    const file = temporaryFile(`engine: ${engine}\n${rest}`);
    const words = [command, '--config', file, '--dial-timeout', dial];
    const { code, out, err } = await run(words, { FLOATGATE_SUBNETT: 'x' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const lines = err.replaceAll(`${file}:`, '').split('\n');
    return lines.filter((line) => line.includes('Cannot')).map((line) => line.split('; ')[0]);
  }

  it('those of the text first, after the warnings', async () => {
    expect(await problems('fast', 'soon')).toEqual([
      'Cannot use FLOATGATE_SUBNETT: there is no such setting',
      expect.stringContaining('1:9: Cannot read engine: '),
      expect.stringContaining('--dial-timeout: Cannot read timeouts.dial: '),
    ]);
  });

  it('those of the plan and the log file once the text is right', async () => {
    expect(await problems('auto', '5s')).toEqual([
      'Cannot use FLOATGATE_SUBNETT: there is no such setting',
      ...(process.getuid?.() === 0 ? [] : [expect.stringContaining('Cannot listen on port 80 ')]),
      expect.stringContaining('3:30: Cannot forward 80 to 127.0.0.1:80: '),
      expect.stringContaining('4:14: Cannot open the log file /nowhere/at/all.log: '),
    ]);
  });
});

it('a log file that may not be written is a problem of its own', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'floatgate-log-'));
  onTestFinished(() => rmSync(closed, { recursive: true }));
  chmodSync(closed, 0o600);
  const wrong = [
    '/',
    join(tmpdir(), 'not', 'there.log'),
    `${join(tmpdir(), 'not-there')}/`,
    ...(process.getuid?.() === 0 ? [] : [join(closed, 'new.log')]),
  ];
  for (const file of wrong) {
    const { code, err } = await run(['check', '--subnet', '192.168.20.0/24', '--log-file', file]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`Cannot open the log file ${file}: `) });
  }
});

it('warns, too, where the log file shows only at its opening that it cannot be written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'floatgate-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const pipe = join(directory, 'no-reader');
  expect(spawnSync('mkfifo', [pipe])).toMatchObject({ status: 0 });
  const words = ['up', '--subnet', '192.168.20.0/24', '--hosts', '1', '--log-file', pipe];
  const { code, err } = await run(words, { FLOATGATE_SUBNETT: 'x' });
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/^Cannot use FLOATGATE_SUBNETT: .*\n--log-file: .* pipe that nobody reads/),
  });
});

it('prints completion scripts that bash reads, and completes commands and flags', async () => {
  const { out } = await run(['completion', 'bash']);
  expect(spawnSync('bash', ['-n'], { input: out })).toMatchObject({ status: 0 });
  expect((await run(['completion'], { SHELL: '/usr/bin/zsh' })).out).toMatch(/^#compdef floatgate\n/);
  const words = (text: string) => text.split('\n').map((line) => line.split(':')[0]);
  const first = await run(['--get-yargs-completions', 'floatgate', '']);
  expect(words(first.out)).toEqual(expect.arrayContaining(commands));
  const flags = await run(['--get-yargs-completions', 'floatgate', 'up', '--']);
  expect(words(flags.out)).toEqual(expect.arrayContaining(['--subnet', '--skip-busy']));
  const own = await run(['--get-yargs-completions', 'floatgate', 'sessions', '--']);
  expect(words(own.out)).toEqual(expect.arrayContaining(['--host', '--kill', '--instance']));
  expect(words(own.out)).not.toContain('--subnet');
});
