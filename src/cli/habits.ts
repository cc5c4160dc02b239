import { parseSubnet } from '../base/cidr.ts';
import { ruleOf, rulesOfOthers, sshForward } from './rule-habits.ts';
import { type KnownWords, TypedLine } from './typed-line.ts';

/**
 * What people type because other programs take it: the message names the command that does it, ready to paste.
 * @returns `undefined` where the words show no such habit
 */
export function habitOf(words: readonly string[], known: KnownWords): string | undefined {
  const line = new TypedLine(words, known);
  return (
    sshForward(line) ??
    commandOfOthers(line) ??
    commandBehindUp(line) ??
    wordBehindFlag(line) ??
    (line.command?.word === 'forward' ? rulesOfOthers(line) : wordWithoutFlag(line))
  );
}

/** What others call it, why it is no command here, and what does it. */
const managing: Readonly<Record<string, readonly [why: string, command: string]>> = {
  stop: ['sessions have time to end first', 'drain'],
  restart: ['a reload changes the configuration and ends no session', 'reload'],
  kill: ['choose which sessions to end, like those of host 16', 'sessions --host 16 --kill'],
  top: ['the sessions that move most are shown again and again', 'sessions --sort bytes --watch'],
  disable: ['choose what gets no new sessions, like host 16', 'targets --out 16'],
  enable: ['choose what gets sessions again, like host 16', 'targets --in 16'],
  info: ['there is no such command', 'status'],
  ...Object.fromEntries(
    ['list', 'ls', 'ps', 'show', 'who', 'connections'].map((word) => [word, ['there is no such command', 'sessions']]),
  ),
};

const starting: readonly string[] = ['start', 'run', 'serve'];

function commandOfOthers(line: TypedLine): string | undefined {
  const { command, rest } = line;
  if (command === undefined || line.known.commands.includes(command.word)) return undefined;
  const cannot = `Cannot run ${command.word}`;
  const [why, does] = (Object.hasOwn(managing, command.word) && managing[command.word]) || [];
  if (does !== undefined) {
    // `show targets`
    const [what] = rest;
    const named = does === 'sessions' && what !== undefined && line.known.commands.includes(what.word);
    return `${cannot}: ${why}; type:\n  ${line.commandLine(named ? [what.word] : does.split(' '))}`;
  }
  if (!starting.includes(command.word)) return undefined;
  const meant = rest.some(({ word }) => word.includes('=')) ? 'forward' : 'up';
  const pasted = line.replaced(new Map([[command.index, [meant]]]));
  return `${cannot}: there is no such command; type:\n  ${pasted}`;
}

/** `npm start -- forward 8080=10.0.0.5:80` runs `floatgate up forward ...`. */
function commandBehindUp(line: TypedLine): string | undefined {
  const [next] = line.rest;
  if (line.command?.word !== 'up' || next === undefined || !line.known.commands.includes(next.word)) return undefined;
  const why = line.byNpm ? "'npm start' is 'floatgate up' already" : "'up' is a command already";
  return `Cannot use ${next.word}: ${why}; type:\n  ${line.replaced(new Map([[line.command.index, []]]))}`;
}

/** `--allow A B`: a list takes commas. */
function wordBehindFlag(line: TypedLine): string | undefined {
  for (const [position, { index }] of line.rest.entries()) {
    const flag = line.listFlagAt(index - 1);
    if (flag === undefined) continue;
    const following = line.rest.slice(position).filter((other, offset) => other.index === index + offset);
    const isNoValue = ({ word }: { readonly word: string }) =>
      (flag !== 'service' && word.includes('=')) || line.known.commands.includes(word);
    const end = following.findIndex(isNoValue);
    const more = following.slice(0, end === -1 ? following.length : end).map(({ word }) => word);
    if (more.length === 0) continue;
    const replacements = new Map(more.map((_, offset): [number, readonly string[]] => [index + offset, []]));
    replacements.set(index - 1, [[line.words[index - 1], ...more].join(',')]);
    const why = `the values of --${flag} are one word, with commas between them`;
    return `Cannot use ${more.join(' ')}: ${why}; type:\n  ${line.replaced(replacements)}`;
  }
  return undefined;
}

/** A rule without `forward`, or a word that a flag should stand before. */
function wordWithoutFlag(line: TypedLine): string | undefined {
  const command = line.known.commands.find((name) => name === line.command?.word);
  if (command === 'completion' || command === 'help' || command === 'log-level') return undefined;
  const unknown = line.command === undefined || command !== undefined ? [] : [line.command];
  // A command with a typing error.
  if (unknown.some(({ word }) => ruleOf(word) === undefined && flagOf(word) === undefined)) return undefined;
  const words = [...unknown, ...line.rest];
  const rules = words.flatMap(({ word, index }): [number, readonly string[]][] => {
    const rule = ruleOf(word);
    return rule === undefined ? [] : [[index, [rule]]];
  });
  const [first] = rules;
  if (first !== undefined) {
    const replacements = new Map(rules);
    if (line.command === undefined || command === undefined) replacements.set(first[0], ['forward', ...first[1]]);
    else replacements.set(line.command.index, ['forward']);
    return `Cannot use ${line.words[first[0]]}: 'forward' takes such a word; type:\n  ${line.replaced(replacements)}`;
  }
  for (const { word, index } of words) {
    const flag = flagOf(word, command);
    if (flag === undefined) continue;
    const pasted = line.replaced(new Map([[index, [...(command === undefined ? ['up'] : []), flag, word]]]));
    return `Cannot use ${word}: a flag stands before it; type:\n  ${pasted}`;
  }
  return undefined;
}

/** The flag that takes such a word. */
function flagOf(word: string, command?: string): '--subnet' | '--config' | '--host' | undefined {
  if (command === 'sessions' || command === 'targets') return /^\d+$/.test(word) ? '--host' : undefined;
  if (parseSubnet(word).ok) return '--subnet';
  return /\.(ya?ml|json)$/.test(word) ? '--config' : undefined;
}
