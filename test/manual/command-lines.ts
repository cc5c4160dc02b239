import { type ReadWords, readWords } from '../../src/cli/command-line.ts';
import { topics } from '../../src/cli/help.ts';
import { formatProblem } from '../../src/config/format-problem.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { tutorialMachine } from './tutorial-machine.ts';

/** A line as a shell reads it, as far as it concerns floatgate. */
export interface TypedLine {
  readonly environment: Readonly<Record<string, string>>;
  /** What stands behind `floatgate`. */
  readonly words: readonly string[];
}

const program = /^(?:\/\S+\/)?floatgate$|(?:^|\/)floatgate\.cjs$/;

/** The calls of floatgate in shell text; other programs are passed over. */
export function floatgateCalls(shell: string): readonly TypedLine[] {
  return shell
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => line.split(/ && /))
    .flatMap((line) => {
      const words = shellWords(line);
      const first = words.findIndex((word) => !/^\w+=/.test(word));
      const at = words[0] === 'docker' && words[1] === 'run' ? words.findIndex((word) => program.test(word)) : first;
      const node = words[at] === 'node' ? at + 1 : at;
      if (at === -1 || !program.test(words[node] ?? '')) return [];
      const environment = Object.fromEntries(words.slice(0, first).map((word) => splitOnce(word, '=')));
      return [{ environment, words: words.slice(node + 1) }];
    });
}

/** Words of a line up to a pipe, a redirection or a comment. Quotes are taken off. */
function shellWords(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word);
  const end = words.findIndex((word) => /^(?:\||>|<|#|&)/.test(word));
  return (end === -1 ? words : words.slice(0, end)).map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What is wrong with a call: of its words, or of the configuration that it makes on the tutorial's machine. */
export async function problemsOfCall({ words, environment }: TypedLine): Promise<readonly string[]> {
  let read: ReadWords;
  try {
    read = await readWords(words);
  } catch (error) {
    return [String(error)];
  }
  if (read.kind === 'nothing') return ['no command'];
  if (read.kind === 'text') return [];
  const { command, given } = read;
  switch (command.name) {
    case 'help':
      return given.positionals.filter((topic) => topic !== 'topics' && !topics().includes(topic));
    case 'completion':
      return given.positionals.filter((shell) => shell !== 'bash' && shell !== 'zsh');
    case 'status':
    case 'sessions':
    case 'targets':
    case 'reload':
    case 'drain':
    case 'log-level':
      // The words are right; what they mean, a running gateway decides.
      return [];
    case 'forward':
      if (given.switches.has('to-running')) return [];
      return problemsOfPlan(command.name, given.flags, given.positionals, environment);
    case 'up':
    case 'map':
    case 'check':
      return problemsOfPlan(command.name, given.flags, given.positionals, environment);
    case 'demo':
      return problemsOfPlan('up', { ...given.flags, subnet: '127.0.20.0/24' }, [], environment);
    default:
      return [`there is no check for ${command.name}`];
  }
}

function problemsOfPlan(
  command: 'up' | 'forward' | 'map' | 'check',
  flags: Readonly<Record<string, string | readonly string[] | undefined>>,
  forwards: readonly string[],
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  if (command === 'forward' && forwards.length === 0) return ['nothing to forward'];
  const read = readConfig({ command, flags, environment, forwards });
  if (!read.ok) return read.problems.map(formatProblem);
  // What the cloud would answer.
  const network = read.value.config.gateway?.subnet === 'metadata' ? { subnet: '192.168.20.0/24' } : undefined;
  const plan = buildPlan(read.value, tutorialMachine, network);
  return [...read.warnings, ...(plan.ok ? [] : plan.problems.map(formatProblem))];
}
