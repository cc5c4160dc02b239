import { styleText } from 'node:util';

type Style = 'plain' | 'bold' | 'code' | 'heading' | 'title';

interface Span {
  readonly text: string;
  readonly style: Style;
}

/** Spans with no space between them. */
export interface Word {
  readonly spans: readonly Span[];
  /** Columns; the pages are ASCII. */
  readonly width: number;
}

const formats = {
  bold: ['bold'],
  code: ['cyan'],
  heading: ['bold'],
  title: ['bold', 'underline'],
} as const satisfies Record<Exclude<Style, 'plain'>, Parameters<typeof styleText>[0]>;

const space: Span = { text: ' ', style: 'plain' };

const inline = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)]+)\)/g;

/** The words of a piece of Markdown. A link shows where it leads: a page of the manual by its command. */
export function wordsOf(markdown: string, style: Style = 'plain'): readonly Word[] {
  const words: Span[][] = [[]];
  for (const span of spansOf(markdown, style)) {
    const [first = '', ...others] = span.text.split(/ +/);
    if (first !== '') words.at(-1)?.push({ ...span, text: first });
    for (const text of others) words.push(text === '' ? [] : [{ ...span, text }]);
  }
  return words
    .filter((spans) => spans.length > 0)
    .map((spans) => ({ spans, width: spans.reduce((sum, { text }) => sum + text.length, 0) }));
}

/** Lines of at most `width` columns; a longer word has a line of its own. At least one line. */
export function wrap(words: readonly Word[], width: number): readonly (readonly Word[])[] {
  const lines: Word[][] = [[]];
  let used = 0;
  for (const word of words) {
    if (used > 0 && used + 1 + word.width > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(word);
    used += word.width + (used > 0 ? 1 : 0);
  }
  return lines;
}

export function widthOf(line: readonly Word[]): number {
  return line.reduce((sum, { width }) => sum + width, 0) + Math.max(0, line.length - 1);
}

/** A line as the terminal gets it. */
export function lineText(line: readonly Word[], colours: 'colours' | 'plain'): string {
  const spans = line.flatMap(({ spans: own }, index) => (index === 0 ? own : [space, ...own]));
  return joined(spans)
    .map(({ text, style }) =>
      colours === 'plain' || style === 'plain' ? text : styleText([...formats[style]], text, { validateStream: false }),
    )
    .join('');
}

/** Neighbours of one style are one span, with the space between them: an underlined title has no gaps. */
function joined(spans: readonly Span[]): readonly Span[] {
  const runs: Span[] = [];
  for (const [index, span] of spans.entries()) {
    const last = runs.at(-1);
    const style = span === space && spans[index + 1]?.style === last?.style ? (last?.style ?? 'plain') : span.style;
    if (last?.style === style) runs[runs.length - 1] = { style, text: last.text + span.text };
    else runs.push({ style, text: span.text });
  }
  return runs;
}

function spansOf(markdown: string, style: Style): readonly Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const match of markdown.matchAll(inline)) {
    const [all, code, bold, label, address] = match;
    spans.push({ text: markdown.slice(done, match.index), style });
    if (code !== undefined) spans.push({ text: code, style: style === 'plain' ? 'code' : style });
    else if (bold !== undefined) spans.push(...spansOf(bold, 'bold'));
    else if (label !== undefined && address !== undefined) spans.push(...linkSpans(label, address, style));
    done = match.index + all.length;
  }
  return [...spans, { text: markdown.slice(done), style }];
}

function linkSpans(label: string, address: string, style: Style): readonly Span[] {
  const [, topic] = /^([a-z-]+)\.md(?:#.*)?$/.exec(address) ?? [];
  const place = topic === undefined ? address.replace(/^(\.\.\/)+/, '') : `floatgate help ${topic}`;
  if (address.startsWith('#') || place === label) return spansOf(label, style);
  if (label === topic) return spansOf(`\`${place}\``, style);
  return [...spansOf(label, style), { text: ` (${place})`, style }];
}
