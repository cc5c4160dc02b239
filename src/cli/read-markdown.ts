/**
 * The Markdown that the pages of the manual use, and no more: headings, paragraphs, lists, tables, fenced code blocks
 * and comments. https://spec.commonmark.org and, for tables, https://github.github.com/gfm
 */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  /** `indent` is the column of the mark, `mark` is `-` or `1.`. */
  | { readonly kind: 'item'; readonly indent: number; readonly mark: string; readonly text: string }
  /** The first row is the head. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  /** `language` stands behind the fence: `yaml`, `sh`. */
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] };

const heading = /^(#{1,6}) +(.+)$/;
const fence = /^```(\w*)$/;
const item = /^( *)(-|\d+\.) +(.+)$/;
const tableRow = /^\|.*\|$/;
const tableRule = /^\|[-:| ]+\|$/;
const comment = /^<!--.*-->$/;

/** Reads a page. Lines of a paragraph or an item are joined by spaces; comments are left out. */
export function readMarkdown(page: string): readonly Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const { block, next } = readBlock(lines, at);
    if (block !== undefined) blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(lines: readonly string[], at: number): { readonly block?: Block; readonly next: number } {
  const line = lines[at] ?? '';
  if (line.trim() === '' || comment.test(line)) return { next: at + 1 };

  const [, language] = fence.exec(line) ?? [];
  if (language !== undefined) {
    const end = lines.indexOf('```', at + 1);
    const close = end === -1 ? lines.length : end;
    return { block: { kind: 'code', language, lines: lines.slice(at + 1, close) }, next: close + 1 };
  }

  const [, marks, title] = heading.exec(line) ?? [];
  if (marks !== undefined && title !== undefined) {
    return { block: { kind: 'heading', level: marks.length, text: title }, next: at + 1 };
  }

  if (tableRow.test(line)) {
    const next = firstFrom(lines, at, (row) => !tableRow.test(row));
    const rows = lines.slice(at, next).filter((row) => !tableRule.test(row));
    return { block: { kind: 'table', rows: rows.map(cellsOf) }, next };
  }

  const next = firstFrom(lines, at + 1, endsParagraph);
  const [, indent, mark, first] = item.exec(line) ?? [];
  const rest = lines.slice(at + 1, next).map((text) => text.trim());
  if (indent === undefined || mark === undefined || first === undefined) {
    return { block: { kind: 'paragraph', text: [line.trim(), ...rest].join(' ') }, next };
  }
  return { block: { kind: 'item', indent: indent.length, mark, text: [first, ...rest].join(' ') }, next };
}

function endsParagraph(line: string): boolean {
  return line.trim() === '' || [heading, fence, item, tableRow, comment].some((pattern) => pattern.test(line));
}

function firstFrom(lines: readonly string[], from: number, matches: (line: string) => boolean): number {
  const found = lines.findIndex((line, index) => index >= from && matches(line));
  return found === -1 ? lines.length : found;
}

/** A bar within a cell is written `\|`. */
function cellsOf(row: string): readonly string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
