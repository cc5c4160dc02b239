import { wrapLine } from '../base/wrap-line.ts';
import type { Command } from './command.ts';

/** Which flags a help text shows: those that most people need, or all of them. */
export type HelpKind = 'common' | 'all';

/** `left` and what it means, in two columns. */
type Row = readonly [left: string, text: string];

/** Columns of the left part; what is longer has its text on the next line. */
const widestLeft = { examples: 46, others: 28 };
/** Columns of the right part; where there are fewer, all texts have lines of their own. */
const leastText = 24;

/** The help of `floatgate` itself. With `all`, each flag once, and the commands that take it. */
export function overview(commands: readonly Command[], kind: HelpKind, width: number): string {
  const examples: readonly Row[] = [
    ['floatgate up', "Map this machine's subnet to ports"],
    ['floatgate forward 8080=10.0.0.5:80', 'Lead port 8080 here to port 80 of 10.0.0.5'],
  ];
  return [
    ...section('Examples:', examples, width, widestLeft.examples),
    '',
    'Usage: floatgate COMMAND [FLAG...]',
    ...wrapLine('One floating IP, every VM reachable: an unprivileged userspace TCP gateway', width),
    '',
    ...section(
      'Commands:',
      commands.map(({ name, brief }): Row => [name, brief]),
      width,
    ),
    '',
    ...(kind === 'all' ? [...section('Flags of commands:', everyFlag(commands), width), ''] : []),
    ...wrapLine("More: 'floatgate COMMAND --help'. Exit codes: 0 done, 1 failed, 2 wrong usage", width),
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command, kind: HelpKind, width: number): string {
  const { name, positionals, summary, common } = command;
  const examples = command.examples.map(([line, text]): Row => [`floatgate ${line}`, text]);
  const all = flagRows(command);
  const shown = kind === 'all' || common === undefined ? all : common;
  const more = shown.length < all.length ? ` (all of them: floatgate ${name} --help --all)` : '';
  const usage = ['Usage: floatgate', name, positionals, all.length > 0 ? '[FLAG...]' : ''];
  return [
    ...section('Examples:', examples, width, widestLeft.examples),
    '',
    usage.filter((part) => part !== '').join(' '),
    ...wrapLine(summary, width),
    ...(shown.length === 0 ? [] : ['', ...section(`Flags${more}:`, shown, width)]),
    ...(kind === 'all' ? ['', ...section('Flags of every command:', everywhere, width)] : []),
    ...(command.config === 'takes a file' ? ['', ...wrapLine(sources, width)] : []),
  ].join('\n');
}

const sources = '--x-y can also be FLOATGATE_X_Y; flags win over that, and that over the file';

const everywhere: readonly Row[] = [
  ['-h, --help', 'Show this help; with --all, every flag'],
  ['-V, --version', "Show the version, as a lone 'floatgate -v' does"],
];

/** Every flag of a command, with its placeholder and its description. */
export function flagRows({ config, settings, options = [], switches }: Command): readonly Row[] {
  return [
    ...(config === 'takes a file' ? [['--config FILE', 'Configuration file, YAML (see check --schema)'] as const] : []),
    ...settings.map(
      ({ flag, reads, placeholder, description }): Row => [
        reads === 'switch' ? `--${flag}` : `--${flag} ${placeholder}`,
        description,
      ],
    ),
    ...options.map(({ flag, placeholder, description }): Row => [`--${flag} ${placeholder}`, description]),
    ...switches.map(
      ({ flag, short, description }): Row => [`${short === undefined ? '' : `-${short}, `}--${flag}`, description],
    ),
  ];
}

function everyFlag(commands: readonly Command[]): readonly Row[] {
  const takers = new Map<string, { readonly text: string; readonly names: string[] }>();
  for (const command of commands) {
    for (const [left, text] of flagRows(command)) {
      const known = takers.get(left);
      if (known === undefined) takers.set(left, { text, names: [command.name] });
      else known.names.push(command.name);
    }
  }
  const rows = [...takers].map(([left, { text, names }]): Row => [left, `${text} [${names.join(', ')}]`]);
  return [...rows, ...everywhere];
}

function section(title: string, rows: readonly Row[], width: number, widest = widestLeft.others): readonly string[] {
  const left = Math.max(0, ...rows.map(([one]) => one.length).filter((length) => length <= widest));
  const column = left + 4;
  const stacked = width - column < leastText;
  const indent = ' '.repeat(stacked ? 6 : column);
  const lines = rows.flatMap(([one, text]) => {
    const [first = '', ...more] = wrapLine(text, width - indent.length).map((line) => `${indent}${line}`);
    if (stacked || one.length > left) return [`  ${one}`, first, ...more];
    return [`  ${one.padEnd(left)}  ${first.trimStart()}`, ...more];
  });
  return [title, ...lines];
}
