import { expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { temporaryFile } from '../config/load.ts';
import { fakeIo, type Ran, run } from './fake-io.ts';

const jsonLines = ({ err }: Ran): unknown[] =>
  err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const time = expect.stringMatching(/^\d{4}-.*Z$/);
const wrong = ['forward', '8080=10.0.0.5:80', '--engine', 'magic'];
const message = expect.stringMatching(/^Cannot read engine: current value is "magic"; write auto/);

it.each([
  ['the flag', ['--log-format', 'json'], {}],
  ['the variable', [], { FLOATGATE_LOG_FORMAT: 'json' }],
  ['the file', ['--config', 'log: { format: json }'], {}],
] as const)('what forbids a start is JSON where %s asks for it', async (_, [flag, value = ''], environment) => {
  const more = flag === undefined ? [] : [flag, flag === '--config' ? temporaryFile(value) : value];
  const ran = await run([...wrong, ...more], environment);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(jsonLines(ran)).toEqual([{ level: 'error', time, place: '--engine', msg: message }]);
});

it('has every problem with its place, and the warnings before them', async () => {
  const file = temporaryFile('log: { format: json }\nbind: [nowhere]\nengine: magic\n');
  const ran = await run(['up', '--subnet', '10.0.0.0/99', '--config', file], { FLOATGATE_ENGIN: 'stream' });
  expect(jsonLines(ran)).toMatchObject([
    { level: 'warn', time, msg: expect.stringContaining('FLOATGATE_ENGIN') },
    { level: 'error', place: `${file}:2:8`, msg: expect.stringContaining('nowhere') },
    { level: 'error', place: `${file}:3:9`, msg: message },
    { level: 'error', place: '--subnet', msg: expect.stringContaining('10.0.0.0/99') },
  ]);
});

it('is text by default, and where the file that could set it cannot be read', async () => {
  expect((await run(wrong)).err).toMatch(/^--engine: Cannot read engine/);
  const file = temporaryFile('log: { format: json\n');
  expect((await run([...wrong, '--config', file])).err).toMatch(
    /^--engine: Cannot|^\S+floatgate\.yaml:\d+:\d+: Cannot/,
  );
});

it('shows a log file that cannot be opened in the same form', async () => {
  const ran = await run(['forward', '8080=10.0.0.5:80', '--log-file', '/nonexistent/log', '--log-format', 'json']);
  expect(ran.code).toBe(2);
  expect(jsonLines(ran)).toMatchObject([
    { level: 'error', place: '--log-file', msg: expect.stringMatching(/^Cannot open the log file/) },
  ]);
});

it.each([
  ['an excerpt', ['check', '--config', `log: { format: text }\nbind: [${'127.0.0.1, '.repeat(40)}nowhere]\n`], 4],
  ['a command to paste', ['forward', '9000:10.1.2.3:22', '--allow', '203.0.113.0/24,198.51.100.0/24,192.0.2.0/24'], 3],
  ['what check prints', ['check', '--subnet', '10.0.0.0/24', '--hosts', '1-3', '--per-target', '500'], 12],
] as const)('fits a terminal: %s', async (_, words, least) => {
  const io = fakeIo({}, 'terminal');
  onTestFinished(() => io.remove());
  await runCommandLine(
    words.map((word) => (word.includes('\n') ? temporaryFile(word) : word)),
    io,
  );
  const lines = `${io.out()}${io.err()}`.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(least);
  for (const line of lines) if (!line.startsWith('  floatgate ')) expect(line.length).toBeLessThanOrEqual(80);
});
