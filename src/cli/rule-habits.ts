import { isHostName, parseAddress, parseEndpoint, parsePorts } from '../base/address.ts';
import { targetOfUrl } from '../config/endpoint-hint.ts';
import type { TypedLine } from './typed-line.ts';

/** `[ADDRESS:]PORTS:HOST:PORTS`, as ssh(1) and Docker write a forward. */
const colons = /^(?:(\[[^\]]*\]|[^:[\]=]*):)?([\d-]+):(\[[^\]]*\]|[^:[\]=]+):([\d-]+)$/;

/** `-L` of ssh, with or without `forward` before it. */
export function sshForward(line: TypedLine): string | undefined {
  const { words } = line;
  const specs = words.flatMap((word, index) => {
    if (!/^-L/.test(word)) return [];
    return [{ index, text: word === '-L' ? (words[index + 1] ?? '') : word.slice(2), length: word === '-L' ? 2 : 1 }];
  });
  if (specs.length === 0) return notForwarding(words);
  const cannot = 'Cannot use -L: floatgate takes LISTEN=TARGET';
  const rules = specs.map(({ text }) => ruleOfColons(text));
  if (rules.some((rule) => rule === undefined)) {
    return `${cannot}; type:\n  ${line.commandLine(['forward', '8080=10.0.0.5:80'])}`;
  }
  const taken = new Set(specs.flatMap(({ index, length }) => [index, ...(length === 2 ? [index + 1] : [])]));
  // Flags that keep ssh from running a command, and the host to log in to, mean nothing here.
  const sshAlone = (word: string) => /^-[46CfgNnqTtv]+$/.test(word) || /^[^=]*@[^=]*$/.test(word);
  const others = words.filter((word, index) => !taken.has(index) && !sshAlone(word));
  const left = others.filter((word, index) => index > 0 || !line.known.commands.includes(word));
  const command = (shown: readonly string[]) => line.commandLine(['forward', ...left, ...shown]);
  const known = rules.filter((rule) => rule !== undefined);
  const open = command(known);
  // ssh listens on loopback where no address is given, floatgate on all addresses.
  const local = command(known.map((rule) => (/^[\d-]+=/.test(rule) ? `127.0.0.1:${rule}` : rule)));
  if (open === local) return `${cannot}; type:\n  ${open}`;
  const which = 'type the first to listen on all addresses, the second for this machine alone as ssh does';
  return `${cannot}; ${which}:\n  ${open}\n  ${local}`;
}

/** `-R` and `-D` of ssh. */
function notForwarding(words: readonly string[]): string | undefined {
  const flag = words.map((word) => /^-[RD](?=$|[\d[\w*])/.exec(word)?.[0]).find((found) => found !== undefined);
  if (flag === '-R') return 'Cannot use -R: floatgate leads ports of this machine to targets; use ssh for the reverse';
  if (flag === '-D') return 'Cannot use -D: floatgate is no SOCKS proxy; use ssh for that';
  return undefined;
}

/** What is written otherwise in the rules of `forward`. */
export function rulesOfOthers(line: TypedLine): string | undefined {
  const replacements = new Map<number, readonly string[]>();
  const reasons: string[] = [];
  for (const [position, { word, index }] of line.rest.entries()) {
    if (replacements.has(index)) continue;
    const next = line.rest[position + 1];
    const read = readHabit(word, next?.word);
    if (read === undefined) continue;
    reasons.push(`Cannot forward ${word}: ${read.why}`);
    replacements.set(index, [read.rule]);
    if (read.taken === 2 && next !== undefined) replacements.set(next.index, []);
  }
  return reasons.length === 0 ? undefined : `${reasons.join('\n')}; type:\n  ${line.replaced(replacements)}`;
}

interface Habit {
  readonly rule: string;
  readonly why: string;
  /** How many words the rule was made of. */
  readonly taken: 1 | 2;
}

function readHabit(word: string, next: string | undefined): Habit | undefined {
  const rule = ruleOfColons(word);
  if (rule !== undefined) return { rule, why: 'an equals sign stands between LISTEN and TARGET', taken: 1 };
  const [listen = '', target, ...more] = word.split('=');
  if (target === '' && more.length === 0 && listen !== '') {
    const why = 'it has no target behind the equals sign, such as port 80 of 10.0.0.5';
    return { rule: `${listen}=10.0.0.5:80`, why, taken: 1 };
  }
  if (target === undefined && parsePorts(listen) !== undefined) {
    const why = 'it has a port to listen on, but no target';
    const joins = next !== undefined && parseEndpoint(next) !== undefined;
    return joins
      ? { rule: `${listen}=${next}`, why, taken: 2 }
      : { rule: `${listen}=10.0.0.5:80`, why: `${why}, such as port 80 of 10.0.0.5`, taken: 1 };
  }
  if (target === undefined || more.length > 0) return undefined;
  const ofUrl = targetOfUrl(target);
  if (ofUrl !== undefined) {
    return { rule: `${listen}=${ofUrl}`, why: 'a target is a host and a port, not a URL', taken: 1 };
  }
  if (parseAddress(target) === undefined && !isHostName(target)) return undefined;
  const host = target.includes(':') ? `[${target}]` : target;
  return { rule: `${listen}=${host}:80`, why: `${target} has no port, such as 80`, taken: 1 };
}

/** A word that is a rule of `forward`, or may become one. */
export function ruleOf(word: string): string | undefined {
  return word.includes('=') ? word : ruleOfColons(word);
}

/** `8080:10.0.0.5:80` -> `8080=10.0.0.5:80`; `undefined` for what is not written so. */
function ruleOfColons(text: string): string | undefined {
  const [, address = '', listen = '', host = '', port = ''] = colons.exec(text) ?? [];
  if (parsePorts(listen) === undefined || parsePorts(port) === undefined) return undefined;
  const before = address === '' || address === '*' ? '' : `${address}:`;
  return `${before}${listen}=${host}:${port}`;
}
