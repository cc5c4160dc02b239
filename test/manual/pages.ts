import { readFileSync } from 'node:fs';
import { topics } from '../../src/cli/help.ts';
import { type Block, readMarkdown } from '../../src/cli/read-markdown.ts';
import { run } from '../cli/fake-io.ts';

/** A document of this project. */
export interface Page {
  /** From the root of the tree, like `src/manual/start.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export function readPage(path: string): Page {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return { path, text, blocks: readMarkdown(text) };
}

/** The pages of the manual, in the order of `floatgate help`. */
export const manual: readonly Page[] = topics().map((topic) => readPage(`src/manual/${topic}.md`));

export const readme: Page = readPage('README.md');
export const benchReadme: Page = readPage('bench/README.md');

/** The commands that `floatgate --help` lists. */
export async function commandNames(): Promise<readonly string[]> {
  const { out } = await run(['--help']);
  const [, list = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(out) ?? [];
  return [...list.matchAll(/^ {2}([\w-]+) {2}/gm)].map(([, name]) => name ?? '');
}

/** A code block, with its number on the page for the titles of tests. */
export interface Example {
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

/** The code blocks of all pages of the manual. */
export const examples: readonly Example[] = manual.flatMap(({ path, blocks }) =>
  blocks
    .filter((block) => block.kind === 'code')
    .map(({ language, lines }, index) => ({ name: `${path}, block ${index + 1}`, language, text: lines.join('\n') })),
);
