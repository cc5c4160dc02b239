import { printableLine } from '../base/printable.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly align?: 'right';
  /** Columns to which a long text may be shortened, in its middle. */
  readonly least?: number;
  /** Where there is no room, the column with the highest figure is left out first; without one it stays. */
  readonly leaveOut?: number;
}

const gap = 2;
const dots = '...';

/**
 * Lines of a table in `width` columns: as wide as its cells, else with long texts shortened, else without the columns
 * that matter least. Its first line is the titles. Control characters are escaped.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): readonly string[] {
  let shown = columns.map((column, index): Shown => {
    const cells = [column.title, ...rows.map((row) => printableLine(row[index] ?? ''))];
    return { column, cells, width: Math.max(...cells.map(columnsOf)) };
  });
  for (;;) {
    const fitted = shortened(shown, width);
    const rest = withoutLeast(shown);
    if (widthOf(fitted) <= width || rest === undefined) return lines(fitted);
    shown = rest;
  }
}

interface Shown {
  readonly column: Column;
  readonly cells: readonly string[];
  readonly width: number;
}

function widthOf(shown: readonly Shown[]): number {
  return shown.reduce((sum, { width }) => sum + width, gap * Math.max(0, shown.length - 1));
}

/** The widest that may be shortened gives first. */
function shortened(shown: readonly Shown[], width: number): readonly Shown[] {
  const fitted = shown.map((one) => ({ ...one }));
  for (let over = widthOf(fitted) - width; over > 0; over -= 1) {
    const candidates = fitted.filter((one) => one.width > (one.column.least ?? Number.POSITIVE_INFINITY));
    const [widest] = candidates.toSorted((a, b) => b.width - a.width);
    if (widest === undefined) break;
    widest.width -= 1;
  }
  return fitted;
}

function withoutLeast(shown: readonly Shown[]): Shown[] | undefined {
  const least = Math.max(...shown.map(({ column }) => column.leaveOut ?? 0));
  return least === 0 ? undefined : shown.filter(({ column }) => column.leaveOut !== least);
}

function lines(shown: readonly Shown[]): readonly string[] {
  const [first] = shown;
  return (first?.cells ?? []).map((_, row) =>
    shown
      .map(({ column, cells, width }) => {
        const cell = shortText(cells[row] ?? '', width);
        const space = ' '.repeat(width - columnsOf(cell));
        return column.align === 'right' ? space + cell : cell + space;
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** `a-very-long-name` -> `a-v...name`. */
function shortText(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const kept = Math.max(0, width - dots.length);
  const tail = Math.floor(kept / 2);
  return [...characters.slice(0, kept - tail), dots, ...characters.slice(characters.length - tail)].join('');
}

/** Characters, each taken as one column wide. */
function columnsOf(text: string): number {
  return [...text].length;
}
