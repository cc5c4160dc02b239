import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds that a test waits at most for something that should happen soon, on a busy machine, too. */
const soon = 45_000;

/** Milliseconds that a busy machine may add to what should take no time; a bug adds more, or waits for ever. */
export const slack = 10_000;

/** Milliseconds between two looks of a poll: prompt, and cheap for the machine. */
const pollInterval = 5;

/**
 * Polls until `probe` gives something other than `undefined` or `false`, and returns it.
 *
 * @param what completes the sentence "Cannot see ..." of the error thrown when the deadline passes
 * @param deadline milliseconds
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadline: number = soon,
): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    const seen = await probe();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`Cannot see ${what}: ${deadline} ms have passed`);
    await pause(pollInterval);
  }
}

/** The promise's value, or an error that names what did not happen within `deadline` milliseconds. */
export async function within<T>(what: string, promise: Promise<T>, deadline: number = soon): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot see ${what}: ${deadline} ms have passed`)), deadline);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
