import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Tags,
  visit,
} from 'yaml';
import { messageOf } from '../base/errors.ts';
import type { Place, Problem } from '../base/problem.ts';
import { type ConfigPath, isMapping, type Layer } from './layer.ts';
import { ShortenedText } from './shortened-text.ts';
import { TextLines } from './text-lines.ts';
import { mergedInto, mergeProblems } from './yaml-merge.ts';
import { type PlaceAt, syntaxProblems } from './yaml-syntax.ts';

/** What came of a file, and what is wrong with its YAML. */
export interface YamlLayer {
  /** Empty where the file could not be read at all. */
  readonly layer: Layer;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

export const noFile: YamlLayer = {
  layer: { values: {}, place: () => ({ place: { kind: 'default' }, depth: 0 }) },
  problems: [],
  warnings: [],
};

/**
 * Characters beside long lists of networks. A parser takes about a second and 100 MB for each million: the bound is
 * against mistakes.
 */
const mostCharacters = 16 * 1024 * 1024;

/** Reads the text of a configuration file (YAML 1.2, so JSON too). `file` is its name for messages. */
export function parseYamlLayer(file: string, withMark: string): YamlLayer {
  const whole = withMark.replace(/^\uFEFF/, '');
  const shortened = new ShortenedText(whole);
  if (shortened.text.length <= mostCharacters) return parse(file, whole, shortened);
  const what = 'it is larger than 16 MiB, long lists of networks left aside';
  const message = `Cannot read ${file}: ${what}; write a smaller file`;
  const place: Place = { kind: 'file', file, line: 1, column: 1, length: 1, sourceLine: '' };
  return { ...noFile, problems: [{ place, message }] };
}

function parse(file: string, whole: string, shortened: ShortenedText): YamlLayer {
  const { text } = shortened;
  // 'error': the yaml package would hand some warnings to Node, which prints them.
  const options = { prettyErrors: false, uniqueKeys: true, logLevel: 'error', merge: true, customTags } as const;
  const document = parseDocument(text, options);
  const lines = new TextLines(whole);
  const atWhole: PlaceAt = (start, end) => {
    const { line, column, text: sourceLine } = lines.at(start);
    return { kind: 'file', file, line, column, length: Math.max(1, end - start), sourceLine };
  };
  const at: PlaceAt = (start, end) => {
    const from = shortened.wholeOffset(start);
    return atWhole(from, from + end - start);
  };

  const warnings = document.warnings.map(({ message, pos }) => {
    const tag = /^Unresolved tag: (\S+)/.exec(message)?.[1];
    const what = tag === undefined ? message : `Cannot use the tag ${tag}: tags have no meaning here; leave it out`;
    const { line, column } = lines.at(pos[0]);
    return `${file}:${line}:${column}: ${what}`;
  });
  // A key given twice leaves a readable document: the rest of it is worth checking at once.
  const readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  const unresolved = readable ? [...aliasProblems(document, at), ...mergeProblems(document, at)] : [];
  const problems = [...syntaxProblems(document, text, at), ...unresolved];
  const unread = (...more: readonly Problem[]): YamlLayer => ({
    ...noFile,
    problems: [...problems, ...more],
    warnings,
  });
  if (!readable || unresolved.length > 0) return unread();

  if (document.errors.length > 0) leaveFirsts(document.contents);
  let values: unknown;
  try {
    values = document.toJS();
    // Fails where an anchor holds itself. While the document is short: this makes a text of it.
    JSON.stringify(values);
    if (!shortened.restore(document)) return parse(file, whole, new ShortenedText(whole, []));
    values = withoutExtensions(document.toJS() ?? {});
  } catch (error) {
    const tooMany = messageOf(error).startsWith('Excessive alias count');
    const why = tooMany ? 'its aliases stand for too many values, or for themselves' : 'an anchor holds itself';
    return unread({ place: at(0, 1), message: `Cannot read ${file}: ${why}; write the values out` });
  }
  if (!isMapping(values)) {
    const what = Array.isArray(values) ? 'a list' : 'a single value';
    const message = `Cannot read ${file}: it holds ${what}; write keys like gateway: or forwards:`;
    return unread({ place: at(document.contents?.range?.[0] ?? 0, 0), message });
  }
  const layer: Layer = { values, place: (path, part) => locate(document, path, part, { shortened, at, atWhole }) };
  return { layer, problems, warnings };
}

/** A number with a leading zero stays a text, which the schema refuses with what to write (`leadingZero`). */
function customTags(tags: Tags): Tags {
  return [
    { tag: 'tag:yaml.org,2002:str', default: true, test: /^[-+]?0\d+$/, resolve: (text: string) => text },
    ...tags,
  ];
}

/**
 * Takes out keys that begin with `x-`, which are there for anchors and notes, but not names of services: `x-ray` is a
 * name like any other. In place, as lists of networks are long.
 */
function withoutExtensions(value: unknown, path: ConfigPath = []): unknown {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      if (typeof item === 'object') withoutExtensions(item, [...path, index]);
  } else if (isMapping(value)) {
    const free = path.join('.') === 'gateway.services';
    for (const key of Object.keys(value)) {
      if (key.startsWith('x-') && !free) Reflect.deleteProperty(value, key);
      else withoutExtensions(value[key], [...path, key]);
    }
  }
  return value;
}

function aliasProblems(document: Document, at: PlaceAt): readonly Problem[] {
  const anchors = new Set<string>();
  const problems: Problem[] = [];
  visit(document, (_, node) => {
    if (!isNode(node)) return;
    if (!isAlias(node)) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
    } else if (!anchors.has(node.source)) {
      const [start, end] = rangeOf(node) ?? [0, 1];
      const message = `Cannot use *${node.source}: there is no anchor &${node.source} before it; write the value out`;
      problems.push({ place: at(start, end), message });
    }
  });
  return problems;
}

/** Keeps the first of keys that stand twice; the problems are about the others. */
function leaveFirsts(node: unknown): void {
  if (isSeq(node)) for (const item of node.items) leaveFirsts(item);
  if (!isMap(node)) return;
  const keys = node.items.map(({ key }) => (isScalar(key) ? key.value : key));
  node.items = node.items.filter((_, index) => keys.indexOf(keys[index]) === index);
  for (const { value } of node.items) leaveFirsts(value);
}

/** How a place of the file is found: `at` takes offsets into what the parser has seen. */
interface Finder {
  readonly shortened: ShortenedText;
  readonly at: PlaceAt;
  readonly atWhole: PlaceAt;
}

type Child =
  | { readonly kind: 'node'; readonly key: unknown; readonly value: unknown }
  | { readonly kind: 'left out'; readonly range: [number, number] };

function locate(
  document: Document,
  path: ConfigPath,
  part: 'key' | 'value',
  { shortened, at, atWhole }: Finder,
): { place: Place; depth: number } {
  let node: unknown = document.contents;
  let key: unknown;
  let depth = 0;
  for (const step of path) {
    const found = child(document, node, step, shortened);
    if (found === undefined) break;
    if (found.kind === 'left out') return { place: atWhole(...found.range), depth: depth + 1 };
    ({ key, value: node } = found);
    depth += 1;
  }
  const value = rangeOf(node);
  const atKey = rangeOf(key);
  const isShort = (isScalar(node) || isAlias(node)) && value !== undefined && value[1] > value[0];
  // A mapping or a list is shown by its key: it may span many lines.
  const range = (isShort && part === 'value' ? value : (atKey ?? value)) ?? [0, 1];
  return { place: at(range[0], isShort || atKey !== undefined ? range[1] : range[0] + 1), depth };
}

function child(document: Document, node: unknown, step: string | number, shortened: ShortenedText): Child | undefined {
  const real = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(real)) {
    if (typeof step !== 'number') return undefined;
    const item = shortened.item(real, step);
    if (item.kind === 'left out') return item;
    return item.node === undefined ? undefined : { kind: 'node', key: undefined, value: item.node };
  }
  if (!isMap(real)) return undefined;
  const pair = real.items.find(({ key }) => keyText(key) === String(step));
  if (pair !== undefined) return { kind: 'node', key: pair.key, value: pair.value };
  for (const source of mergedInto(document, real)) {
    const found = child(document, source, step, shortened);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** Start and end of a node's own text, offsets into the file. */
function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range === null || range === undefined ? undefined : [range[0], range[1]];
}
