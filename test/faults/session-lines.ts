/** What a log shows of sessions. */
export interface SessionLines {
  /** Lines about a session, whole ones. */
  readonly lines: number;
  /** Lines that it reports as dropped. */
  readonly dropped: number;
}

/** Counts in the text of a log, of which a disk or pipe that was full may have taken a piece of a line. */
export function sessionLines(text: string): SessionLines {
  let lines = 0;
  let dropped = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith('{') || !line.endsWith('}')) continue;
    const event = parsed(line);
    if (typeof event?.msg === 'string' && event.msg.startsWith('session ')) lines += 1;
    if (typeof event?.dropped === 'number') dropped += event.dropped;
  }
  return { lines, dropped };
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
