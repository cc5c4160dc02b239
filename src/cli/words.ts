import { readSwitch, switchProblem } from '../config/settings.ts';

/** What was typed after `floatgate`, made ready for yargs. */
export interface Words {
  /** Up to `--`: flags, their values, and words. */
  readonly before: readonly string[];
  /** What follows `--`: words, whatever they look like. */
  readonly literal: readonly string[];
  /** Flags that are called like a property of every object, on which yargs crashes: `--constructor`. */
  readonly inherited: readonly string[];
  /** Switches with a value that is none. */
  readonly problems: readonly string[];
}

/** `switches` are flags that are on or off, without dashes: `--skip-busy=yes` becomes `--skip-busy`. */
export function separateWords(typed: readonly string[], switches: readonly string[]): Words {
  const end = typed.indexOf('--');
  const flagsAndWords = end === -1 ? typed : typed.slice(0, end);
  const before: string[] = [];
  const inherited: string[] = [];
  const problems: string[] = [];
  for (let index = 0; index < flagsAndWords.length; index += 1) {
    const word = flagsAndWords[index] ?? '';
    const [, name = '', joined] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name in Object.prototype) {
      inherited.push(name);
      continue;
    }
    if (!switches.includes(name)) {
      before.push(word);
      continue;
    }
    const next = flagsAndWords[index + 1];
    const separate = joined === undefined && next !== undefined && readSwitch(next) !== undefined ? next : undefined;
    if (separate !== undefined) index += 1;
    const text = joined ?? separate ?? 'true';
    const position = readSwitch(text);
    if (position === undefined) problems.push(switchProblem(`--${name}`, text));
    else before.push(position === 'on' ? `--${name}` : `--${name}=false`);
  }
  return { before, literal: end === -1 ? [] : typed.slice(end + 1), inherited, problems };
}

/** A command line to paste into a shell. */
export function pasteable(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
