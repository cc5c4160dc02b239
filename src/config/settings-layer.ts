import type { Outcome, Place, Problem } from '../base/problem.ts';
import { type ConfigPath, formatPath, type Layer } from './layer.ts';
import { readSwitch, type Setting } from './settings.ts';

/** A setting as a flag or a variable gave it. */
export interface GivenSetting {
  readonly setting: Setting;
  /** One text for each time it was given. */
  readonly texts: readonly string[];
  /** `--dial-timeout` or `FLOATGATE_DIAL_TIMEOUT`. */
  readonly place: Place & { readonly name: string };
}

/** The texts of one source as a layer of the configuration, and what could not be read. */
export interface SettingsLayer {
  readonly layer: Layer;
  readonly problems: readonly Problem[];
}

/** What is neither a number nor a switch stays text, which the schema refuses. */
function settingValue({ reads }: Setting, text: string): string | number | boolean {
  if (reads === 'count') return readCount(text);
  const position = reads === 'switch' ? readSwitch(text) : undefined;
  return position === undefined ? text : position === 'on';
}

interface Entry {
  readonly path: ConfigPath;
  readonly place: Place;
}

/** Makes a layer from flags (with a command's `LISTEN=TARGET` positionals) or from the environment. */
export function settingsLayer(given: readonly GivenSetting[], forwards: readonly string[] = []): SettingsLayer {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const entries: Entry[] = [];
  const put = (path: readonly [string, ...string[]], value: unknown, place: Place): void => {
    const last = path.at(-1) ?? path[0];
    let at = values;
    for (const key of path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = value;
    entries.push({ path, place });
  };

  for (const { setting, texts, place } of given) {
    const [first = '', ...more] = texts;
    if (setting.reads === 'services') {
      const services = readServices(splitList(texts), place);
      problems.push(...services.problems);
      put(setting.path, services.values, place);
      entries.push(...services.entries.map((entry) => ({ ...entry, path: [...setting.path, ...entry.path] })));
    } else if (setting.type === 'list') {
      put(setting.path, splitList(texts), place);
    } else if (more.length > 0) {
      problems.push({
        place,
        message: `Cannot use ${place.name} ${texts.length} times: it takes one value; give it once`,
      });
    } else {
      put(setting.path, settingValue(setting, first), place);
    }
  }

  const rules = forwards.map(readForward);
  const typed = rules.flatMap((rule) => (rule.ok ? [rule.value] : []));
  problems.push(...rules.flatMap((rule) => (rule.ok ? [] : rule.problems)));
  if (forwards.length > 0) values.forwards = typed.map(({ forward }) => forward);
  entries.push(...typed.map(({ place }, index) => ({ path: ['forwards', index], place })));
  return { layer: { values, place: (path) => locate(entries, path), nameOf }, problems };
}

/** A forward as typed has no place in a list: the parts of `LISTEN=TARGET` are named as help names them. */
function nameOf(path: ConfigPath): string {
  if (path[0] !== 'forwards') return formatPath(path);
  return path[2] === 'listen' ? 'LISTEN' : 'TARGET';
}

/** A number where the text is one as people write it: no leading zero. */
function readCount(text: string): number | string {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** `1,2` and `3` -> `1`, `2`, `3`; an empty text is an empty list. */
function splitList(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => (text.trim() === '' ? [] : text.split(',').map((item) => item.trim())));
}

function readServices(texts: readonly string[], given: GivenSetting['place']) {
  const services = new Map<string, unknown>();
  const problems: Problem[] = [];
  const entries: Entry[] = [];
  for (const text of texts) {
    const place: Place = given.kind === 'flag' ? { kind: 'flag', name: `${given.name} ${text}` } : given;
    const match = /^([^=]+)=(\d{1,9}):(\d{1,9})$/.exec(text);
    const [, name = '', base = '', port = ''] = match ?? [];
    if (match === null) {
      const current = `current value is ${JSON.stringify(text)}`;
      const message = `Cannot read a service: ${current}; write NAME=BASE:PORT, like ssh=30000:22`;
      problems.push({ place: given, message });
    } else if (services.has(name)) {
      problems.push({ place, message: `Cannot use service ${name} twice: it is given already; leave one of them out` });
    } else {
      services.set(name, { base: readCount(base), port: readCount(port) });
      entries.push({ path: [name], place });
    }
  }
  // Not by assignment, which takes the name __proto__ for something else.
  return { values: Object.fromEntries(services), problems, entries };
}

interface TypedForward {
  readonly forward: { readonly listen: string; readonly to: string | readonly string[] };
  readonly place: Place;
}

function readForward(text: string): Outcome<TypedForward> {
  const place: Place = { kind: 'flag', name: text };
  const [listen = '', to, ...rest] = text.split('=');
  if (to !== undefined && rest.length === 0) {
    return { ok: true, value: { forward: { listen, to: to.includes(',') ? splitList([to]) : to }, place } };
  }
  const current = `current value is ${JSON.stringify(text)}`;
  const message = `Cannot read a forward: ${current}; write LISTEN=TARGET, like 8080=10.0.0.5:80`;
  return { ok: false, problems: [{ place, message }] };
}

/** The entry with the longest path that leads to the path, or else one beneath it. */
function locate(entries: readonly Entry[], path: ConfigPath): { place: Place; depth: number } {
  const startsWith = (long: ConfigPath, short: ConfigPath) => short.every((step, index) => long[index] === step);
  const owners = entries.filter((entry) => startsWith(path, entry.path)).sort((a, b) => b.path.length - a.path.length);
  const [found] = owners.length > 0 ? owners : entries.filter((entry) => startsWith(entry.path, path));
  return found === undefined ? { place: { kind: 'default' }, depth: 0 } : { place: found.place, depth: path.length };
}
