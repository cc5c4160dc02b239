import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/config/format-problem.ts';
import { explainFailures } from '../../src/gateway/listener-failure.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { load, problemsOf } from '../config/load.ts';
import { plan } from '../plan/planning.ts';
import { floatgateCalls, problemsOfCall } from './command-lines.ts';
import { examples, manual, readme } from './pages.ts';
import { tutorialMachine } from './tutorial-machine.ts';

const inLanguage = (language: string) => examples.filter((example) => example.language === language);

describe('YAML', () => {
  it.each(inLanguage('yaml'))('$name makes a plan', ({ text }) => {
    const planned = buildPlan(load({ yaml: text }), tutorialMachine);
    expect(planned.ok ? [] : planned.problems.map(formatProblem)).toEqual([]);
  });
});

describe('command lines', () => {
  const indented = readme.text
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => ({ name: `README.md: ${line.trim()}`, text: line.trim() }));
  const blocks = [...inLanguage('sh'), ...indented].filter(({ text }) => floatgateCalls(text).length > 0);

  it.each(blocks)('$name', async ({ text }) => {
    for (const call of floatgateCalls(text)) expect(await problemsOfCall(call), call.words.join(' ')).toEqual([]);
  });

  const inProse = [...manual, readme].flatMap(({ path, text }) =>
    [...text.matchAll(/`(floatgate [^`]+)`/g)]
      .map(([, line]) => line ?? '')
      // Words in capitals stand for something.
      .filter((line) => !/\b[A-Z]{3,}/.test(line))
      .map((line) => ({ path, line })),
  );

  it.each(inProse)('$path: $line', async ({ line }) => {
    for (const call of floatgateCalls(line)) {
      const problems = await problemsOfCall(call);
      // `floatgate forward` alone names the command.
      if (call.words.length > 1) expect(problems).toEqual([]);
    }
  });

  it('are found where they stand, and refused where they are wrong', async () => {
    const shell = [
      'FLOATGATE_HOSTS=1-4 floatgate up --skip 3 | cat',
      'docker run --init floatgate forward 1=2 \\',
      '  --dney x # no',
      '/opt/floatgate/bin/floatgate chek',
      "curl x && node dist/floatgate.cjs forward '[::1]:8080=[fd00::5]:80'",
      'npm install floatgate',
    ].join('\n');
    const calls = floatgateCalls(shell);
    expect(calls).toEqual([
      { environment: { FLOATGATE_HOSTS: '1-4' }, words: ['up', '--skip', '3'] },
      { environment: {}, words: ['forward', '1=2', '--dney', 'x'] },
      { environment: {}, words: ['chek'] },
      { environment: {}, words: ['forward', '[::1]:8080=[fd00::5]:80'] },
    ]);
    const problems = await Promise.all(calls.map(problemsOfCall));
    expect(problems.map((list) => list.length)).toEqual([0, 1, 1, 0]);
    expect(await problemsOfCall({ environment: { FLOATGATE_HSOTS: '1' }, words: ['up'] })).toHaveLength(1);
    expect(await problemsOfCall({ environment: {}, words: ['forward', '8080=nowhere'] })).toHaveLength(1);
    expect(await problemsOfCall({ environment: {}, words: ['help', 'nothing'] })).toEqual(['nothing']);
  });
});

it('starts the unit of the service page by a line that is right', async () => {
  const lines = inLanguage('ini').flatMap(({ text }) => [...text.matchAll(/^ExecStart=(.+)$/gm)]);
  expect(lines).toHaveLength(1);
  for (const [, line = ''] of lines) {
    const calls = floatgateCalls(line);
    expect(calls).toHaveLength(1);
    for (const call of calls) expect(await problemsOfCall(call)).toEqual([]);
  }
});

it('starts the image of the containers page by a command that there is', async () => {
  const [image] = inLanguage('dockerfile');
  const [, entry = ''] = /^ENTRYPOINT (.+)$/m.exec(image?.text ?? '') ?? [];
  const [, words = ''] = /^CMD (.+)$/m.exec(image?.text ?? '') ?? [];
  expect(JSON.parse(entry)).toEqual(['floatgate']);
  expect(await problemsOfCall({ environment: {}, words: JSON.parse(words) as string[] })).toEqual([]);
});

it('shows busy ports as they are shown', async () => {
  const [shown = ''] = inLanguage('text').flatMap(({ text }) => (text.startsWith('Cannot listen') ? [text] : []));
  const { listeners } = plan({ flags: { service: 'ssh=29015:22', hosts: '1-191', bind: '192.168.20.17' } });
  const [failure] = await explainFailures(listeners.map((listener) => ({ listener, code: 'EADDRINUSE' })));
  // The holder, which is behind the colon, is another one each time.
  expect(shown.split(':')[0]).toBe(failure?.message.replace(' of 192.168.20.17', '').split(':')[0]);
});

it('shows a problem as it is shown', () => {
  const [shown] = inLanguage('text').filter(({ text }) => text.startsWith('gateway.yaml:'));
  const problems = problemsOf({ yaml: 'gateway:\n  subnet: auto\n  hsots: 1-20\n' });
  expect(shown?.text).toBe(problems.join('\n').replaceAll('floatgate.yaml', 'gateway.yaml'));
});
