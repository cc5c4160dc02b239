import yargs, { type Argv } from 'yargs';
import { FloatgateError, messageOf } from '../base/errors.ts';
import { check } from './check.ts';
import type { Arguments, Command } from './command.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { forward } from './forward.ts';
import { habitOf } from './habits.ts';
import { helpCommand, helpWords } from './help.ts';
import { commandHelp, overview } from './help-text.ts';
import type { ExitCode, Io } from './io.ts';
import { map } from './map.ts';
import { packageVersion } from './package-version.ts';
import { printMessages } from './print-messages.ts';
import { up } from './up.ts';
import { UsageError, unexpectedWord, unknownCommand, unknownFlag } from './usage.ts';
import { separateWords, type Words } from './words.ts';

const others: readonly Command[] = [up, forward, map, check, demo, completion];
const commands: readonly Command[] = [...others, helpCommand(others.map(({ name }) => name))];
const names = commands.map(({ name }) => name);

/** Commands that handle signals by themselves. */
const serving: readonly Command[] = [up, forward, demo];

/** Most columns of help texts. */
const widest = 110;

/**
 * Runs what was typed after `floatgate` and returns the exit code. yargs only reads words and completes them: it
 * neither runs commands, nor prints, nor ends the process.
 */
export async function runCommandLine(words: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const read = await readWords(helpWords(words, names), {
      environment: io.environment,
      columns: io.stdout.columns(),
    });
    if (read.kind !== 'command' || !serving.includes(read.command)) io.endBySignals();
    if (read.kind === 'text') {
      await io.stdout.write(`${read.text}\n`);
      return 0;
    }
    if (read.kind === 'nothing') {
      await io.stderr.write(`${read.help}\n`);
      return 2;
    }
    return await read.command.run(read.given, io);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FloatgateError)) throw error;
    await printMessages([error.message], io.stderr);
    return error instanceof UsageError ? 2 : 1;
  }
}

export type ReadWords =
  /** Help, the version or completions: to be printed. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly help: string }
  | { readonly kind: 'command'; readonly command: Command; readonly given: Arguments };

/** Where words are read: help texts fit the terminal, and hints fit how the command was run. */
interface Surroundings {
  readonly environment: Io['environment'];
  readonly columns: number;
}

/** @throws UsageError */
export async function readWords(
  words: readonly string[],
  surroundings: Surroundings = { environment: {}, columns: 80 },
): Promise<ReadWords> {
  const width = Math.min(widest, surroundings.columns);
  if (words.includes('--get-yargs-completions')) return { kind: 'text', text: (await parse(words)).printed };
  const separated = separateWords(words, switchNames);
  const text = helpOrVersion(separated.before, width);
  if (text !== undefined) return { kind: 'text', text };
  const dashes = separated.literal.length === 0 ? [] : ['--', ...separated.literal];
  const habit = habitOf([...separated.before, ...dashes], { ...known, environment: surroundings.environment });
  if (habit !== undefined) throw new UsageError(habit);

  // A command may stand behind `--`; what follows it is words.
  const [command, ...literal] = separated.literal;
  const { chosen, typed } = await parse(separated.before);
  if (chosen === undefined && command !== undefined && wordsOf(typed._).length === 0) {
    return await readWords([command, ...separated.before, '--', ...literal], surroundings);
  }
  if (chosen !== undefined) return { kind: 'command', command: chosen, given: argumentsOf(chosen, typed, separated) };
  const [word] = wordsOf(typed._);
  if (word !== undefined) throw unknownCommand(word, known.commands);
  const [flag] = [...separated.inherited, ...unknownKeys(typed, [])];
  if (flag === undefined) return { kind: 'nothing', help: overview(commands, 'common', width) };
  const shown = flag.length === 1 ? `-${flag}` : `--${flag}`;
  throw new UsageError(`Cannot use ${shown} without a command: write one before it, like 'floatgate up ${shown}'`);
}

const switchNames = [
  ...['help', 'version', 'all'],
  ...commands.flatMap(({ switches }) => switches.map(({ flag }) => flag)),
  ...up.settings.filter(({ reads }) => reads === 'switch').map(({ flag }) => flag),
];
const known = {
  commands: names,
  switches: switchNames,
  listFlags: up.settings.filter(({ type }) => type === 'list').map(({ flag }) => flag),
};

/** The help or the version, where a flag for it was typed. */
function helpOrVersion(words: readonly string[], width: number): string | undefined {
  const has = (...flags: readonly string[]) => words.some((word) => flags.includes(word));
  if (has('-V', '--version') || (words.length === 1 && words[0] === '-v')) return packageVersion();
  if (!has('-h', '--help')) return undefined;
  const command = commands.find(({ name }) => words.includes(name));
  const kind = has('--all') ? 'all' : 'common';
  return command === undefined ? overview(commands, kind, width) : commandHelp(command, kind, width);
}

interface Parsed {
  readonly chosen: Command | undefined;
  readonly typed: Record<string, unknown>;
  /** Completions. */
  readonly printed: string;
}

async function parse(words: readonly string[]): Promise<Parsed> {
  let chosen: { readonly command: Command; readonly typed: Record<string, unknown> } | undefined;
  const parser = commandTree((command, typed) => {
    chosen = { command, typed };
  });
  let printed = '';
  let failure: unknown;
  const typed: Record<string, unknown> = await parser.parseAsync([...words], {}, (error, _typed, output) => {
    failure = error;
    printed = output;
  });
  if (failure !== undefined && failure !== null) throw usageErrorFrom(failure);
  return { chosen: chosen?.command, typed: chosen?.typed ?? typed, printed };
}

function commandTree(choose: (command: Command, typed: Record<string, unknown>) => void): Argv {
  // process.cwd() throws where the working directory has been removed; nothing here needs one.
  const parser = yargs([], '/')
    .scriptName('floatgate')
    // Messages are matched and tested in one language.
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .exitProcess(false)
    .showHelpOnFail(false)
    .help(false)
    .version(false)
    .completion('shell-completion', false);
  for (const command of commands) {
    parser.command(
      `${command.name} ${yargsPositionals[command.positionals]}`.trim(),
      command.brief,
      (sub) => withOptions(sub, command),
      (typed) => choose(command, typed),
    );
  }
  return parser;
}

const yargsPositionals = {
  '': '',
  'LISTEN=TARGET[,TARGET...]...': '[rules...]',
  '[SHELL]': '[shell]',
  '[TOPIC]': '[topics...]',
} as const;

function withOptions(sub: Argv, command: Command): Argv {
  if (command.positionals === 'LISTEN=TARGET[,TARGET...]...') sub.positional('rules', { type: 'string', array: true });
  if (command.positionals === '[SHELL]') sub.positional('shell', { type: 'string' });
  if (command.positionals === '[TOPIC]') sub.positional('topics', { type: 'string', array: true });
  if (command.config === 'takes a file') {
    sub.option('config', { type: 'string', requiresArg: true, describe: 'Configuration file, YAML' });
  }
  for (const { flag, reads, description } of command.settings) {
    if (reads === 'switch') sub.option(flag, { type: 'boolean', describe: description });
    else sub.option(flag, { type: 'string', requiresArg: true, describe: description });
  }
  for (const { flag, short, description } of command.switches) {
    sub.option(flag, { type: 'boolean', describe: description, ...(short !== undefined && { alias: short }) });
  }
  // For completion alone: `helpOrVersion` has seen to them.
  return sub.option('help', { type: 'boolean', describe: 'Show help; with --all, every flag' });
}

function argumentsOf(command: Command, typed: Record<string, unknown>, separated: Words): Arguments {
  const flags = command.settings.map(({ flag }) => flag);
  const switches = command.switches.map(({ flag }) => flag);
  const config = command.config === 'takes a file' ? ['config'] : [];
  const own: readonly string[] = [...config, ...flags, ...switches];
  const shorts = command.switches.flatMap(({ short = [] }) => short);
  const files = wordsOf(typed.config);
  const [positionals, unexpected] =
    command.positionals === ''
      ? [[], [...wordsOf(typed._).slice(1), ...separated.literal]]
      : [[...wordsOf(typed.rules ?? typed.shell ?? typed.topics), ...separated.literal], wordsOf(typed._).slice(1)];
  const unknown = [...separated.inherited, ...unknownKeys(typed, [...own, ...shorts])];
  const wrong = [
    ...separated.problems,
    ...unknown.map((key) => unknownFlag(key, command.name, [...own, 'help'])),
    ...unexpected.map((word) => unexpectedWord(word, command.name)),
    ...(files.length > 1 ? [`Cannot use --config ${files.length} times: it takes one file; give it once`] : []),
  ];
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  const [file] = files;
  // Given twice, yargs makes a list of it: the last one counts.
  const given = switches.flatMap((flag): [typeof flag, boolean][] => {
    const last = [typed[flag]].flat().at(-1);
    return typeof last === 'boolean' ? [[flag, last]] : [];
  });
  return {
    positionals,
    ...(file !== undefined && { file }),
    flags: {
      ...Object.fromEntries(
        flags.filter((flag) => typed[flag] !== undefined).map((flag) => [flag, wordsOf(typed[flag])]),
      ),
      ...Object.fromEntries(given.map(([flag, on]) => [flag, String(on)])),
    },
    switches: new Set(given.flatMap(([flag, on]) => (on ? [flag] : []))),
  };
}

function unknownKeys(typed: Record<string, unknown>, known: readonly string[]): string[] {
  const own = ['_', '$0', 'rules', 'shell', 'topics', 'help', ...known];
  return Object.keys(typed).filter((key) => typed[key] !== undefined && !own.includes(key));
}

function wordsOf(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}

function usageErrorFrom(failure: unknown): unknown {
  const message = messageOf(failure);
  const flag = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (flag !== undefined) return new UsageError(`Cannot use --${flag}: it needs a value; write it behind the flag`);
  // yargs reports wrong words as YError; anything else is a bug of ours.
  return failure instanceof Error && failure.name === 'YError' ? new UsageError(message) : failure;
}
