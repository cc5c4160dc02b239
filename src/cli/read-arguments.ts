import type { Arguments, Command } from './command.ts';
import { UsageError, unexpectedWord, unknownFlag } from './usage.ts';
import type { Words } from './words.ts';

/**
 * What was typed after a command's name.
 * @throws UsageError with everything that is wrong
 */
export function readArguments(command: Command, typed: Record<string, unknown>, separated: Words): Arguments {
  const flags = command.settings.map(({ flag }) => flag);
  const switches = command.switches.map(({ flag }) => flag);
  const config = command.config === 'takes a file' ? ['config'] : [];
  const options = (command.options ?? []).map(({ flag }) => flag);
  const own: readonly string[] = [...config, ...flags, ...options, ...switches];
  const shorts = command.switches.flatMap(({ short = [] }) => short);
  const single = [...config, ...options].map((flag) => ({ flag, values: wordsOf(typed[flag]) }));
  const [positionals, unexpected] =
    command.positionals === ''
      ? [[], [...wordsOf(typed._).slice(1), ...separated.literal]]
      : [
          [...wordsOf(typed.rules ?? typed.shell ?? typed.topics ?? typed.level), ...separated.literal],
          wordsOf(typed._).slice(1),
        ];
  const unknown = [...separated.inherited, ...unknownKeys(typed, [...own, ...shorts])];
  const wrong = [
    ...separated.problems,
    ...unknown.map((key) => unknownFlag(key, command.name, [...own, 'help'])),
    ...unexpected.map((word) => unexpectedWord(word, command.name)),
    ...single.flatMap(({ flag, values: { length } }) => {
      const takes = flag === 'config' ? 'file' : 'value';
      return length > 1 ? [`Cannot use --${flag} ${length} times: it takes one ${takes}; give it once`] : [];
    }),
  ];
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  const [file] = wordsOf(typed.config);
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
    options: new Map(options.flatMap((flag): [string, string][] => wordsOf(typed[flag]).map((value) => [flag, value]))),
    switches: new Set(given.flatMap(([flag, on]) => (on ? [flag] : []))),
  };
}

/** Flags that were typed and that nobody knows. */
export function unknownKeys(typed: Record<string, unknown>, known: readonly string[]): string[] {
  const own = ['_', '$0', 'rules', 'shell', 'topics', 'level', 'help', ...known];
  return Object.keys(typed).filter((key) => typed[key] !== undefined && !own.includes(key));
}

export function wordsOf(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
