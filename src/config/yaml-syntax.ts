import type { Document, ErrorCode } from 'yaml';
import type { Place, Problem } from '../base/problem.ts';

/** Makes a place of offsets into the text that the parser has read. */
export type PlaceAt = (start: number, end: number) => Place;

/** `what is; what to do`, for the codes of the yaml package (eemeli.org/yaml, "Errors"). */
const wordsOf: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'a second document begins here, and a file holds one; leave one of them out, or join them without ---',
  TAB_AS_INDENT: 'a tab indents this line; indent with spaces',
  BAD_INDENT: 'this does not stand below the text that it belongs to; indent lines that belong together alike',
  BLOCK_AS_IMPLICIT_KEY:
    'a second "key:" stands in one line, or this line is indented too far; give each key its own line',
  MULTILINE_IMPLICIT_KEY: 'this and the next line come to one key; write "key: value" in each line',
  BLOCK_IN_FLOW: 'a comma or a closing bracket is missing before this; separate what is in brackets by commas',
  BAD_SCALAR_START: 'a text cannot begin with this character; quote the text, like "@home"',
  BAD_DQ_ESCAPE: 'text in double quotes has no such escape; write \\\\ for a backslash, or use single quotes',
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag; leave the alias alone, like *name',
  BAD_ALIAS: 'the name of an anchor or alias is missing or ends in a colon; write &name or *name',
  UNEXPECTED_TOKEN: 'this cannot stand here; check quotes, brackets and the line before',
};

/** Messages of one code that deserve words of their own. */
const moreWords: readonly (readonly [RegExp, string])[] = [
  [/^Missing closing ["']/, 'a quote further up is not closed; close it'],
  [/must end with|indented and end with/, 'a bracket further up is not closed; close it'],
  [/^Implicit map keys need/, 'this key has no value; write a colon and a space behind it, like key: value'],
  [/call stack/, 'values are nested too deeply here; nest them less'],
  [/^Missing , /, 'a comma is missing before this; separate what is in brackets by commas'],
];

/** What is wrong with the syntax, in our words; what follows an error in the same line is its echo. */
export function syntaxProblems(document: Document, text: string, at: PlaceAt): Problem[] {
  const seen = new Set<number>();
  return document.errors.flatMap(({ code, message, pos }) => {
    const [start] = pos;
    const key = /^[^\s:]*/.exec(text.slice(start))?.[0] ?? '';
    const duplicate = code === 'DUPLICATE_KEY';
    const place = at(start, duplicate ? start + key.length : Math.min(pos[1], endOfLine(text, start)));
    const line = place.kind === 'file' ? place.line : 0;
    if (seen.has(line)) return [];
    if (duplicate) {
      return [{ place, message: `Cannot use ${key} twice: it stands further up already; leave one of them out` }];
    }
    seen.add(line);
    return [{ place, message: `Cannot parse this YAML: ${wordsFor(code, message)}` }];
  });
}

function wordsFor(code: ErrorCode, message: string): string {
  const own = moreWords.find(([pattern]) => pattern.test(message))?.[1];
  return own ?? wordsOf[code] ?? `${message}; correct it here`;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}
