/** The lines of a text, found at the first question for a place. */
export class TextLines {
  private readonly text: string;
  /** Where each line starts. */
  private starts: readonly number[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Line and column from 1, and the line itself without its end. Beyond the text: its last place. */
  at(offset: number): { readonly line: number; readonly column: number; readonly text: string } {
    this.starts ??= startsOf(this.text);
    const within = Math.min(offset, this.text.length);
    const line = countUpTo(this.starts, within);
    const start = this.starts[line - 1] ?? 0;
    const end = (this.starts[line] ?? this.text.length + 1) - 1;
    return { line, column: within - start + 1, text: this.text.slice(start, end).replace(/\r$/, '') };
  }
}

function startsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** How many of the sorted numbers are not larger than `most`. */
function countUpTo(sorted: readonly number[], most: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
