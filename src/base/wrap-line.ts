import { stripVTControlCharacters } from 'node:util';

/**
 * Breaks one line at spaces so that no part is wider than `width` columns. A longer word stays whole. Spaces within a
 * part stay as they are, and colours take no column. `hang` begins every part but the first.
 */
export function wrapLine(line: string, width: number, hang = ''): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let columns = 0;
  for (const [word] of line.matchAll(/ *[^ ]+/g)) {
    const wide = columnsOf(word);
    if (columns > 0 && columns + wide > width) {
      parts.push(part);
      part = hang + word.trimStart();
      columns = columnsOf(part);
    } else {
      part += word;
      columns += wide;
    }
  }
  return [...parts, part];
}

/** Characters that a terminal shows, each taken as one column wide. */
function columnsOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
