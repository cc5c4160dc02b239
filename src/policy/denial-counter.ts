import type { Denial } from './denial.ts';

/** Milliseconds between two lines about one denial. */
const pause = 20_000;

export interface DenialCount {
  /** Key of a plan's rules: `service ssh`, `forward 8080`. */
  readonly rules: string;
  readonly denial: Denial;
  readonly clients: number;
}

/** Lines about one denial: when the last one was due, and the clients that no line has counted. */
interface Report {
  reportedAt: number;
  unreported: number;
}

/**
 * Counts denied clients by rules and denial, for ever, and decides when a log line is due: at most one every 20 s for
 * each denial, over all rules. `now` is in monotonic milliseconds.
 *
 * A flood that stops leaves its last clients unreported. So the log calls `due(now)` again after 20 s, on a timer that
 * does not keep the process, and `due(Number.POSITIVE_INFINITY)` once at the end.
 */
export class DenialCounter {
  private readonly clients = new Map<string, Map<Denial, number>>();
  private readonly reports = new Map<Denial, Report>();

  /** Returns how many clients a line is to count now, this one and earlier unreported ones; 0: no line is due. */
  count(rules: string, denial: Denial, now: number): number {
    const clients = this.clientsOf(rules);
    clients.set(denial, (clients.get(denial) ?? 0) + 1);
    const report = this.reportOf(denial);
    report.unreported += 1;
    return take(report, now);
  }

  /** Clients that no line has counted. */
  get unreported(): number {
    let sum = 0;
    for (const { unreported } of this.reports.values()) sum += unreported;
    return sum;
  }

  /** The lines that are due by now; their clients count as reported. */
  due(now: number): readonly Omit<DenialCount, 'rules'>[] {
    return [...this.reports]
      .map(([denial, report]) => ({ denial, clients: take(report, now) }))
      .filter(({ clients }) => clients > 0);
  }

  /** All since the start. */
  counts(): readonly DenialCount[] {
    return [...this.clients].flatMap(([rules, own]) =>
      [...own].map(([denial, clients]) => ({ rules, denial, clients })),
    );
  }

  private clientsOf(rules: string): Map<Denial, number> {
    const known = this.clients.get(rules);
    if (known !== undefined) return known;
    const fresh = new Map<Denial, number>();
    this.clients.set(rules, fresh);
    return fresh;
  }

  private reportOf(denial: Denial): Report {
    const known = this.reports.get(denial);
    if (known !== undefined) return known;
    const fresh = { reportedAt: Number.NEGATIVE_INFINITY, unreported: 0 };
    this.reports.set(denial, fresh);
    return fresh;
  }
}

function take(report: Report, now: number): number {
  const { unreported } = report;
  if (unreported === 0 || now - report.reportedAt < pause) return 0;
  report.reportedAt = now;
  report.unreported = 0;
  return unreported;
}
