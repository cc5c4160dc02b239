import { wrapLine } from '../base/wrap-line.ts';
import type { Output } from './io.ts';

/** Columns that a line of text may have: those of the terminal, and any number elsewhere. */
export function textWidth({ style, columns }: Pick<Output, 'style' | 'columns'>): number {
  return style === 'terminal' ? columns() : Number.POSITIVE_INFINITY;
}

/** Writes messages, broken at words on a terminal. Indented lines, commands to paste or excerpts, stay whole. */
export async function printMessages(messages: readonly string[], output: Output): Promise<void> {
  const width = textWidth(output);
  const lines = messages
    .flatMap((message) => message.split('\n'))
    .flatMap((line) => (line.startsWith('  ') ? [line] : wrapLine(line, width, '  ')));
  await output.write(lines.map((line) => `${line}\n`).join(''));
}
