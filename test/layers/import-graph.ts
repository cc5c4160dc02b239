import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative, sep } from 'node:path';

/** A source file and what it imports. Paths are relative to the root of the tree, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Files of the tree that it imports, types included. */
  readonly files: readonly string[];
  /** Packages and built-in modules that it imports, as written. */
  readonly packages: readonly string[];
}

/** Reads every `.ts` and `.cts` file below `root`. */
export async function readImportGraph(root: string): Promise<SourceFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.c?ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  return await Promise.all(paths.map(async (path) => sourceFile(path, await readFile(join(root, path), 'utf8'))));
}

/** Parses one file; `path` is its place in the tree. */
export function sourceFile(path: string, text: string): SourceFile {
  const specifiers = importSpecifiers(text);
  const isFile = (specifier: string) => specifier.startsWith('.');
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    files: specifiers.filter(isFile).map((specifier) =>
      // What is required is named as it is built: the compiler rewrites no `require`.
      normalize(join(dirname(path), path.endsWith('.cts') ? specifier.replace(/\.js$/, '.ts') : specifier))
        .split(sep)
        .join('/'),
    ),
    packages: specifiers.filter((specifier) => !isFile(specifier)),
  };
}

// Comments and template strings come first, so that what stands in them is passed over.
const importLike = new RegExp(
  [
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`\/\/[^\n]*`,
    String.raw`\x60(?:\\[\s\S]|[^\x60\\])*\x60`,
    // import x from 'y', import 'y', export ... from 'y'
    String.raw`\b(?:import|export)\b(?:\s+(?:type\s+)?[\w*${'$'}{},\s]+?\s*from)?` +
      String.raw`\s*(?<quote>['"])(?<statement>[^'"\n]+)\k<quote>`,
    // import('y'), require('y'), require.resolve('y'), import.meta.resolve('y'), new URL('y', import.meta.url)
    String.raw`(?:\bimport|\brequire|\bresolve|\bnew\s+URL)\s*\(\s*(?<mark>['"])(?<call>[^'"\n]+)\k<mark>`,
    // Any other string: what looks like a comment in it is none.
    String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`,
  ].join('|'),
  'g',
);

function importSpecifiers(text: string): string[] {
  const specifiers = [...text.matchAll(importLike)].map(({ groups }) => groups?.statement ?? groups?.call);
  return [...new Set(specifiers.filter((specifier) => specifier !== undefined))];
}
