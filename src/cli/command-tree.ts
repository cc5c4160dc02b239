import yargs, { type Argv } from 'yargs';
import { messageOf } from '../base/errors.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage.ts';

interface Parsed {
  readonly chosen: Command | undefined;
  readonly typed: Record<string, unknown>;
  /** Completions. */
  readonly printed: string;
}

/**
 * yargs alone: it neither runs commands, nor prints, nor ends the process.
 * @throws UsageError
 */
export async function parseWords(words: readonly string[], commands: readonly Command[]): Promise<Parsed> {
  let chosen: { readonly command: Command; readonly typed: Record<string, unknown> } | undefined;
  const parser = commandTree(commands, (command, typed) => {
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

function commandTree(
  commands: readonly Command[],
  choose: (command: Command, typed: Record<string, unknown>) => void,
): Argv {
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
  '[LEVEL]': '[level]',
} as const;

function withOptions(sub: Argv, command: Command): Argv {
  if (command.positionals === 'LISTEN=TARGET[,TARGET...]...') sub.positional('rules', { type: 'string', array: true });
  if (command.positionals === '[SHELL]') sub.positional('shell', { type: 'string' });
  if (command.positionals === '[LEVEL]') sub.positional('level', { type: 'string' });
  if (command.positionals === '[TOPIC]') sub.positional('topics', { type: 'string', array: true });
  if (command.config === 'takes a file') {
    sub.option('config', { type: 'string', requiresArg: true, describe: 'Configuration file, YAML' });
  }
  for (const { flag, reads, description } of command.settings) {
    if (reads === 'switch') sub.option(flag, { type: 'boolean', describe: description });
    else sub.option(flag, { type: 'string', requiresArg: true, describe: description });
  }
  for (const { flag, description } of command.options ?? []) {
    sub.option(flag, { type: 'string', requiresArg: true, describe: description });
  }
  for (const { flag, short, description } of command.switches) {
    sub.option(flag, { type: 'boolean', describe: description, ...(short !== undefined && { alias: short }) });
  }
  // For completion alone: help is printed before anything is parsed.
  return sub.option('help', { type: 'boolean', describe: 'Show help; with --all, every flag' });
}

function usageErrorFrom(failure: unknown): unknown {
  const message = messageOf(failure);
  const flag = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (flag !== undefined) return new UsageError(`Cannot use --${flag}: it needs a value; write it behind the flag`);
  // yargs reports wrong words as YError; anything else is a bug of ours.
  return failure instanceof Error && failure.name === 'YError' ? new UsageError(message) : failure;
}
