/** Milliseconds that a session may take from its first step to its last descriptor. */
const sessionDeadline = 20_000;

/** The promise's value, or an error with the `state` at the deadline. */
export async function beforeDeadline<T>(work: Promise<T>, state: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Cannot end the session: ${sessionDeadline} ms have passed, ${state()}`)),
      sessionDeadline,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
