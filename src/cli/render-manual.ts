import { type Block, readMarkdown } from './read-markdown.ts';
import { lineText, type Word, widthOf, wordsOf, wrap } from './styled-text.ts';

interface Paper {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: 'colours' | 'plain';
}

/** Between two columns of a table, and before code. */
const gap = '  ';
const codeIndent = '    ';
/** Text is hard to read in longer lines. Tables may be wider. */
const widestText = 100;

/** A page of the manual as a person reads it in a terminal: wrapped at words, tables aligned, code indented. */
export function renderManual(page: string, paper: Paper): string {
  const blocks = readMarkdown(page);
  return blocks
    .flatMap((block, index) => [...(needsSpace(blocks[index - 1], block) ? [''] : []), ...renderBlock(block, paper)])
    .map((line) => `${line}\n`)
    .join('');
}

/** Items of one list stand close to each other. */
function needsSpace(before: Block | undefined, block: Block): boolean {
  return before !== undefined && !(before.kind === 'item' && block.kind === 'item');
}

function renderBlock(block: Block, paper: Paper): readonly string[] {
  const text = (words: readonly Word[], width: number) =>
    wrap(words, Math.min(width, widestText)).map((line) => lineText(line, paper.colours));
  switch (block.kind) {
    case 'heading':
      return text(wordsOf(block.text, block.level === 1 ? 'title' : 'heading'), paper.width);
    case 'paragraph':
      return text(wordsOf(block.text), paper.width);
    case 'item': {
      const lead = `${' '.repeat(block.indent)}${block.mark} `;
      const [first, ...others] = text(wordsOf(block.text), paper.width - lead.length);
      return [`${lead}${first}`, ...others.map((line) => `${' '.repeat(lead.length)}${line}`)];
    }
    case 'code':
      return block.lines.map((line) => (line === '' ? '' : `${codeIndent}${line}`));
    case 'table':
      return renderTable(block.rows, paper);
  }
}

/** In columns where each can have its longest word, else one record below the other. */
function renderTable(rows: readonly (readonly string[])[], paper: Paper): readonly string[] {
  const [head = [], ...body] = rows;
  const cells = [head.map((cell) => wordsOf(cell, 'heading')), ...body.map((row) => row.map((cell) => wordsOf(cell)))];
  const widths = columnWidths(cells, paper.width);
  if (widths === undefined) return renderRecords(cells, paper);
  const [top = [], ...below] = cells.map((row) => renderRow(row, widths, paper));
  return [...top, widths.map((width) => '-'.repeat(width)).join(gap), ...below.flat()];
}

/** `undefined` where the table does not fit. The widest columns give way first. */
function columnWidths(cells: readonly (readonly (readonly Word[])[])[], width: number): readonly number[] | undefined {
  const columns = (cells[0] ?? []).map((_, column) => cells.map((row) => row[column] ?? []));
  const least = columns.map((column) => Math.max(0, ...column.flat().map((word) => word.width)));
  const widths = columns.map((column) => Math.max(0, ...column.map(widthOf)));
  const room = width - gap.length * (columns.length - 1);
  for (;;) {
    if (widths.reduce((sum, column) => sum + column, 0) <= room) return widths;
    const shrinkable = widths.map((column, index) => (column > (least[index] ?? 0) ? column : 0));
    const widest = Math.max(...shrinkable);
    if (widest === 0) return undefined;
    const index = shrinkable.indexOf(widest);
    widths[index] = widest - 1;
  }
}

function renderRow(row: readonly (readonly Word[])[], widths: readonly number[], paper: Paper): readonly string[] {
  const columns = widths.map((width, column) => wrap(row[column] ?? [], width));
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    columns
      .map((lines, column) => {
        const line = lines[index] ?? [];
        return `${lineText(line, paper.colours)}${' '.repeat((widths[column] ?? 0) - widthOf(line))}`;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** The first cell, and below it each other cell behind its column's head. */
function renderRecords(cells: readonly (readonly (readonly Word[])[])[], paper: Paper): readonly string[] {
  const [head = [], ...body] = cells;
  const labelWidth = Math.max(0, ...head.slice(1).map(widthOf));
  return body.flatMap(([name = [], ...others], row) => [
    ...(row === 0 ? [] : ['']),
    ...wrap(name, paper.width).map((line) => lineText(line, paper.colours)),
    ...others.flatMap((cell, index) =>
      cell.length === 0
        ? []
        : renderRow([head[index + 1] ?? [], cell], [labelWidth, recordWidth(labelWidth, paper.width)], paper).map(
            (line) => `${gap}${line}`,
          ),
    ),
  ]);
}

function recordWidth(labelWidth: number, width: number): number {
  return Math.max(20, Math.min(width, widestText) - labelWidth - 2 * gap.length);
}
