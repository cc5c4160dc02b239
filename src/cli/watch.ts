import type { ExitCode, Output } from './io.ts';

/** Clears the screen and goes to its top: ECMA-48, ED and CUP. */
const clear = '\u001b[2J\u001b[H';

/**
 * Shows something again and again until that fails, or until a signal ends the process.
 * @param interval milliseconds
 */
export async function watch(
  show: () => Promise<ExitCode>,
  { style, write }: Pick<Output, 'style' | 'write'>,
  interval = 2_000,
): Promise<ExitCode> {
  for (;;) {
    if (style === 'terminal') await write(clear, 'our own');
    const code = await show();
    if (code !== 0) return code;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
