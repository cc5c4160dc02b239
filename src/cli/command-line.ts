import { FloatgateError } from '../base/errors.ts';
import { check } from './check.ts';
import type { Arguments, Command } from './command.ts';
import { parseWords } from './command-tree.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { drain } from './drain.ts';
import { forward } from './forward.ts';
import { habitOf } from './habits.ts';
import { helpCommand, helpWords } from './help.ts';
import { commandHelp, overview } from './help-text.ts';
import type { ExitCode, Io } from './io.ts';
import { logLevel } from './log-level.ts';
import { map } from './map.ts';
import { packageVersion } from './package-version.ts';
import { printMessages } from './print-messages.ts';
import { readArguments, unknownKeys, wordsOf } from './read-arguments.ts';
import { reload } from './reload.ts';
import { sessions } from './sessions.ts';
import { status } from './status.ts';
import { targets } from './targets.ts';
import { up } from './up.ts';
import { UsageError, unknownCommand } from './usage.ts';
import { separateWords } from './words.ts';

/** They talk to a gateway that runs. */
const controlling: readonly Command[] = [status, sessions, targets, reload, drain, logLevel];
const others: readonly Command[] = [up, forward, map, check, demo, ...controlling, completion];
const commands: readonly Command[] = [...others, helpCommand(others.map(({ name }) => name))];
const names = commands.map(({ name }) => name);

/** Commands that handle signals by themselves. */
const serving: readonly Command[] = [up, forward, demo];

/** Most columns of help texts. */
const widest = 110;

/**
 * Runs what was typed after `floatgate` and returns the exit code. yargs only reads words and completes them.
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
  if (words.includes('--get-yargs-completions'))
    return { kind: 'text', text: (await parseWords(words, commands)).printed };
  const separated = separateWords(words, switchNames);
  const text = helpOrVersion(separated.before, width);
  if (text !== undefined) return { kind: 'text', text };
  const dashes = separated.literal.length === 0 ? [] : ['--', ...separated.literal];
  const habit = habitOf([...separated.before, ...dashes], { ...known, environment: surroundings.environment });
  if (habit !== undefined) throw new UsageError(habit);

  // A command may stand behind `--`; what follows it is words.
  const [command, ...literal] = separated.literal;
  const { chosen, typed } = await parseWords(separated.before, commands);
  if (chosen === undefined && command !== undefined && wordsOf(typed._).length === 0) {
    return await readWords([command, ...separated.before, '--', ...literal], surroundings);
  }
  if (chosen !== undefined) return { kind: 'command', command: chosen, given: readArguments(chosen, typed, separated) };
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
  listFlags: [
    ...up.settings.filter(({ type }) => type === 'list').map(({ flag }) => flag),
    ...commands.flatMap(({ options = [] }) => options.filter(({ list }) => list !== undefined).map(({ flag }) => flag)),
  ],
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
