import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { messageOf } from '../base/errors.ts';
import type { Place, Problem } from '../base/problem.ts';
import { type ConfigPath, isMapping, type Layer } from './layer.ts';

/** What came of a file: a layer where it could be read at all, and what is wrong with its YAML. */
export interface YamlLayer {
  readonly layer?: Layer;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Reads the text of a configuration file (YAML 1.2, so JSON too). `file` is its name for messages. */
export function parseYamlLayer(file: string, withMark: string): YamlLayer {
  const text = withMark.replace(/^\uFEFF/, '');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const at = (start: number, end: number): Place => {
    const { line, col } = lineCounter.linePos(Math.min(start, text.length));
    return {
      kind: 'file',
      file,
      line,
      column: col,
      length: Math.max(1, end - start),
      sourceLine: lines[line - 1] ?? '',
    };
  };

  const warnings = document.warnings.map((warning) => `${file}: ${warning.message}`);
  const problems = syntaxProblems(document, text, at);
  // A key given twice leaves a readable document: the rest of it is worth checking at once.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { problems, warnings };

  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch (error) {
    // Aliases: to an anchor that is not there, or so many that they are an attack.
    const message = `Cannot read ${file}: ${messageOf(error)}; write the values out`;
    return { problems: [...problems, { place: at(0, 1), message }], warnings };
  }
  if (!isMapping(values)) {
    const message = `Cannot read ${file}: it holds ${Array.isArray(values) ? 'a list' : 'a single value'}; write keys like gateway: or forwards:`;
    return { problems: [...problems, { place: at(document.contents?.range?.[0] ?? 0, 0), message }], warnings };
  }
  const layer: Layer = { values, place: (path, part) => locate(document, path, part, at) };
  return { layer, problems, warnings };
}

/** One problem a line: what follows a syntax error in the same line is its echo. */
function syntaxProblems(document: Document, text: string, at: (start: number, end: number) => Place): Problem[] {
  const seen = new Set<number>();
  return document.errors.flatMap(({ code, message, pos }) => {
    const [start] = pos;
    const key = /^[^\s:]*/.exec(text.slice(start))?.[0] ?? '';
    const duplicate = code === 'DUPLICATE_KEY';
    const place = at(start, duplicate ? start + key.length : pos[1]);
    const line = place.kind === 'file' ? place.line : 0;
    if (seen.has(line)) return [];
    seen.add(line);
    if (duplicate) {
      return [{ place, message: `Cannot use ${key} twice: it stands further up already; leave one of them out` }];
    }
    return [{ place, message: `Cannot parse this YAML: ${message}; correct it here` }];
  });
}

function locate(
  document: Document,
  path: ConfigPath,
  part: 'key' | 'value',
  at: (start: number, end: number) => Place,
): { place: Place; depth: number } {
  let node: unknown = document.contents;
  let key: unknown;
  let depth = 0;
  for (const step of path) {
    const found = child(document, node, step);
    if (found === undefined) break;
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

function child(document: Document, node: unknown, step: string | number): { key: unknown; value: unknown } | undefined {
  const real = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(real)) {
    const item = typeof step === 'number' ? real.items[step] : undefined;
    return item === undefined ? undefined : { key: undefined, value: item };
  }
  if (!isMap(real)) return undefined;
  // The last of duplicates, as `toJS` has it.
  const pair = real.items.findLast(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
  return pair === undefined ? undefined : { key: pair.key, value: pair.value };
}

/** Start and end of a node's own text, offsets into the file. */
function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range === null || range === undefined ? undefined : [range[0], range[1]];
}
