import { styleText } from 'node:util';

/**
 * Whether an output is coloured, as Node decides for its own (tty.WriteStream.getColorDepth): FORCE_COLOR wins, then
 * NO_COLOR (https://no-color.org) and TERM=dumb; else a terminal has colours and nothing else has.
 */
export function coloursOf(
  terminal: 'terminal' | 'none',
  { FORCE_COLOR, NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
): 'colours' | 'plain' {
  if (FORCE_COLOR !== undefined) return ['', '1', '2', '3', 'true'].includes(FORCE_COLOR) ? 'colours' : 'plain';
  if (NO_COLOR || TERM === 'dumb') return 'plain';
  return terminal === 'terminal' ? 'colours' : 'plain';
}

const styles = { attention: ['bold', 'yellow'], title: ['bold'] } as const satisfies Record<
  string,
  Parameters<typeof styleText>[0]
>;

/** What stands out, and the titles of a table. validateStream: the caller has decided, for the stream it writes to. */
export function coloured(
  text: string,
  style: keyof typeof styles,
  { colours }: { readonly colours: 'colours' | 'plain' },
): string {
  return colours === 'plain' ? text : styleText([...styles[style]], text, { validateStream: false });
}
