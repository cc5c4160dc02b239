import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** A text file of the project; its path is relative to the root, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

const folders = ['src', 'test', 'bench'] as const;
const extensions = /\.(ts|cts|mjs|md|sh)$/;
/** Not written by hand. */
const generated = /^bench\/results\//;

/** Reads every text file of src, test and bench. */
export async function readTexts(root: string): Promise<TextFile[]> {
  const lists = await Promise.all(
    folders.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })),
  );
  const paths = lists
    .flat()
    .filter((entry) => entry.isFile() && extensions.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !generated.test(path))
    .sort();
  return await Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

const columns = 120;
/** What has no place to break: a URL, an IPv6 address or another long literal of hexadecimal digits. */
const unbreakable = /\b(?:https?:\/\/[^\s'"`]+|[0-9a-f:]{32,})/gi;

/** Lines over 120 columns, as `path:line: columns`; tables of Markdown and addresses are let through. */
export function longLines({ path, text }: TextFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const length = [...line].length;
    const isTable = path.endsWith('.md') && line.trimStart().startsWith('|');
    if (length <= columns || isTable || [...line.replace(unbreakable, '')].length <= columns) return [];
    return [`${path}:${index + 1}: ${length} columns`];
  });
}

/** Words of our own for what the field calls otherwise, each with the field's word. */
const privateWords: Readonly<Record<string, string>> = {
  door: 'listener, acceptor',
  house: 'context',
  yard: 'environment',
  scene: 'fixture',
  crowd: 'burst',
  crowded: 'paced',
  newcomer: 'incoming connection, new client',
  stranger: 'denied client',
  lane: 'fair queue',
  tap: '(gone)',
  told: 'notified, reported',
  hear: 'on..., gets',
  heard: 'received, seen',
  awaited: 'pending',
};
const plurals = Object.fromEntries(Object.entries(privateWords).map(([word, plain]) => [`${word}s`, plain]));
const plainWords = new Map(Object.entries({ ...privateWords, ...plurals }));

/** Where such a word is the right one. */
const exceptions: readonly { readonly path: RegExp; readonly line: RegExp }[] = [
  // These rules and their test.
  { path: /^test\/layers\/text-rules/, line: /./ },
  // The utility type of TypeScript.
  { path: /\.ts$/, line: /\bAwaited</ },
];

/** Private words in names, comments and prose, as `path:line: word (plain words)`. Names are split at capitals. */
export function wordsOfOurOwn({ path, text }: TextFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    if (exceptions.some((exception) => exception.path.test(path) && exception.line.test(line))) return [];
    const words = line.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
    const found = new Set(words.map((word) => word.toLowerCase()).filter((word) => plainWords.has(word)));
    return [...found].map((word) => `${path}:${index + 1}: ${word} (${plainWords.get(word)})`);
  });
}
