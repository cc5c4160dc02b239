import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { FloatgateError, messageOf } from '../base/errors.ts';
import { check } from './check.ts';
import type { Arguments, Command } from './command.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { forward } from './forward.ts';
import { helpCommand, helpWords } from './help.ts';
import type { ExitCode, Io } from './io.ts';
import { map } from './map.ts';
import { up } from './up.ts';
import { UsageError, unexpectedWord, unknownCommand, unknownFlag } from './usage.ts';

const others: readonly Command[] = [up, forward, map, check, demo, completion];
const commands: readonly Command[] = [...others, helpCommand(others.map(({ name }) => name))];
const names = commands.map(({ name }) => name);

/** Those that take signals, once there is something to end. */
const serving: readonly Command[] = [up, forward, demo];

const widest = 110;

/**
 * Runs what was typed after `floatgate` and returns the exit code. yargs only reads the words and writes the help:
 * it neither runs commands, nor prints, nor ends the process.
 */
export async function runCommandLine(words: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const read = await readWords(helpWords(words, names));
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
    await io.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

export type ReadWords =
  /** Help, the version or completions: to be printed. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly help: string }
  | { readonly kind: 'command'; readonly command: Command; readonly given: Arguments };

/** @throws UsageError */
export async function readWords(words: readonly string[]): Promise<ReadWords> {
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
  // Completions and nothing to complete is a valid answer, too.
  if (printed !== '' || words.includes('--get-yargs-completions')) return { kind: 'text', text: printed };
  if (chosen !== undefined) {
    return { kind: 'command', command: chosen.command, given: argumentsOf(chosen.command, chosen.typed) };
  }
  const [word] = wordsOf(typed._);
  if (word !== undefined) throw unknownCommand(word, names);
  const [flag] = unknownKeys(typed, []);
  if (flag !== undefined) {
    throw new UsageError(`Cannot use --${flag} without a command: write one before it, like 'floatgate up --${flag}'`);
  }
  return { kind: 'nothing', help: await parser.getHelp() };
}

function commandTree(choose: (command: Command, typed: Record<string, unknown>) => void): Argv {
  // The working directory may have been removed, and process.cwd() throws then; nothing here needs one.
  const parser: Argv = withoutTypes(yargs([], '/'))
    .scriptName('floatgate')
    .usage('$0 COMMAND\n\nOne floating IP, every VM reachable: an unprivileged userspace TCP gateway')
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
    .wrap(Math.min(widest, process.stdout.columns ?? widest))
    .exitProcess(false)
    .showHelpOnFail(false)
    .help()
    .alias('help', 'h')
    .version(packageVersion())
    .completion('shell-completion', false)
    .example('$0 up', "Map the hosts of this machine's subnet")
    .example('$0 forward 8080=10.0.0.5:80', 'Lead one port to one target')
    .example('$0 demo', 'See it work on this machine alone')
    .epilogue("'floatgate COMMAND --help' says more. Exit codes: 0 done, 1 failed while running, 2 wrong usage");
  for (const command of commands) {
    parser.command(
      `${command.name} ${yargsPositionals[command.positionals]}`.trim(),
      command.summary,
      (sub) => withOptions(sub, command),
      (typed) => choose(command, typed),
    );
  }
  return parser;
}

/** Leaves `[string]` out of help. yargs 18 documents the method; the type package is that of yargs 17. */
function withoutTypes(parser: Argv): Argv {
  return (parser as Argv & UsageConfigurable).usageConfiguration({ 'hide-types': true });
}

interface UsageConfigurable {
  usageConfiguration(configuration: { readonly 'hide-types': boolean }): Argv;
}

const yargsPositionals = {
  '': '',
  'LISTEN=TARGET[,TARGET...]...': '[rules...]',
  '[SHELL]': '[shell]',
  '[TOPIC]': '[topics...]',
} as const;

function withOptions(sub: Argv, command: Command): Argv {
  sub.usage(`${`$0 ${command.name} ${command.positionals}`.trimEnd()}\n\n${command.summary}`);
  if (command.positionals === 'LISTEN=TARGET[,TARGET...]...') {
    sub.positional('rules', {
      type: 'string',
      array: true,
      describe: 'Where to listen, [ADDRESS:]PORT, and where that leads, HOST:PORT, one or several',
    });
  }
  if (command.positionals === '[SHELL]') sub.positional('shell', { type: 'string', describe: 'bash or zsh' });
  if (command.positionals === '[TOPIC]') {
    sub.positional('topics', { type: 'string', array: true, describe: 'A page of the manual, or a command' });
  }
  if (command.config === 'takes a file') {
    sub.option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'FILE  Configuration file, YAML (see check --schema)',
    });
  }
  for (const { flag, placeholder, description } of command.settings) {
    sub.option(flag, { type: 'string', requiresArg: true, describe: `${placeholder}  ${description}` });
  }
  for (const { flag, description } of command.switches) sub.option(flag, { type: 'boolean', describe: description });
  for (const [line, what] of command.examples) sub.example(`$0 ${line}`, what);
  if (command.settings.length > 0 && command.config === 'takes a file') {
    sub.epilogue(
      'A flag --x-y can also be FLOATGATE_X_Y in the environment; flags override that, and that overrides the file',
    );
  }
  return sub;
}

function argumentsOf(command: Command, typed: Record<string, unknown>): Arguments {
  const flags = command.settings.map(({ flag }) => flag);
  const switches = command.switches.map(({ flag }) => flag);
  const config = command.config === 'takes a file' ? ['config'] : [];
  const known: readonly string[] = [...config, ...flags, ...switches];
  const files = wordsOf(typed.config);
  const wrong = [
    ...unknownKeys(typed, known).map((key) => unknownFlag(key, command.name, [...known, 'help'])),
    ...wordsOf(typed._)
      .slice(1)
      .map((word) => unexpectedWord(word, command.name)),
    ...(files.length > 1 ? [`Cannot use --config ${files.length} times: it takes one file; give it once`] : []),
  ];
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  const [file] = files;
  return {
    positionals: wordsOf(typed.rules ?? typed.shell ?? typed.topics),
    ...(file !== undefined && { file }),
    flags: Object.fromEntries(
      flags.filter((flag) => typed[flag] !== undefined).map((flag) => [flag, wordsOf(typed[flag])]),
    ),
    // Given twice, yargs makes a list of it: the last one counts.
    switches: new Set(switches.filter((flag) => [typed[flag]].flat().at(-1) === true)),
  };
}

function unknownKeys(typed: Record<string, unknown>, known: readonly string[]): string[] {
  const own = ['_', '$0', 'help', 'h', 'version', 'rules', 'shell', 'topics', ...known];
  return Object.keys(typed).filter((key) => typed[key] !== undefined && !own.includes(key));
}

function wordsOf(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}

function usageErrorFrom(failure: unknown): unknown {
  const message = messageOf(failure);
  const flag = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (flag !== undefined) return new UsageError(`Cannot use --${flag}: it needs a value; write it behind the flag`);
  // yargs throws what it has to say about the words as YError; anything else is a bug of ours.
  return failure instanceof Error && failure.name === 'YError' ? new UsageError(message) : failure;
}

/** package.json lies beside both src/ and dist/. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : '';
  return String(version);
}
