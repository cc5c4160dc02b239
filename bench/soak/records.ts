import type { CloseReason } from '../../src/base/close-reason.ts';

/** A closed session, as the gateway logs it. */
export interface ClosedSession {
  readonly id: number;
  readonly listener: string;
  readonly client: string;
  readonly reason: CloseReason;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

interface LogLine extends Partial<ClosedSession> {
  readonly level: string;
  readonly msg: string;
  readonly dropped?: number;
}

/** The gateway's log: every session opened and closed. */
export class Records {
  readonly opened = new Set<number>();
  readonly closed: ClosedSession[] = [];
  /** Lines that the gateway reports as dropped. */
  dropped = 0;
  /** What is no JSON: a stack, a warning of Node's. There should be none. */
  readonly stray: string[] = [];
  /** Lines of level error and above. There should be none. */
  readonly errors: string[] = [];

  take(text: string): void {
    const line = parsed(text);
    if (line === undefined) {
      this.stray.push(text);
      return;
    }
    if (line.level === 'error' || line.level === 'fatal') this.errors.push(text);
    this.dropped += line.dropped ?? 0;
    if (isClosed(line)) this.closed.push(line);
    else if (line.msg === 'session opened' && line.id !== undefined) this.opened.add(line.id);
  }
}

function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isClosed(line: LogLine): line is LogLine & ClosedSession {
  return line.id !== undefined && line.reason !== undefined;
}
