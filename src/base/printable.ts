/*
 * Makes text from outside (names of processes, keys and names of files, answers of targets) safe to show. Escaped are
 * characters that a terminal obeys (C0, DEL, C1: ECMA-48), that turn the direction of what follows (UAX #9), that break
 * a line where none is expected, that are not seen at all, and halves of surrogate pairs.
 */

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const beyondAscii = /[^\n\t -~]/;
const hiddenButLayout = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Several lines, or JSON: line feeds and tabs stay. The escapes are those of JSON, so that JSON still means the same.
 * Our own colours are put in afterwards.
 */
export function printable(text: string): string {
  // Each log line is checked here. Most are plain ASCII, for which this takes a third of the time.
  return beyondAscii.test(text) ? text.replace(hiddenButLayout, escaped) : text;
}

/** One line, or a part of one. */
export function printableLine(text: string): string {
  return text.replace(hidden, escaped);
}

/** The same with `?` for each hidden character but tabs, so that what is marked below stays in place. */
export function printableColumns(text: string): string {
  return text.replace(hidden, (character) => (character === '\t' ? character : '?'.repeat(character.length)));
}

/** `\u202e`, or two of these for a character beyond the first 65,536. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
