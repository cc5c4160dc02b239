import { summarise } from '../report/statistics.ts';
import type { SoakResult } from './run.ts';
import type { Sample } from './samples.ts';

/** What was seen during a part of a run. */
interface Span {
  /** Seconds since traffic began. */
  readonly from: number;
  readonly to: number;
  /** Resident memory, MiB. */
  readonly rss: { readonly median: number; readonly max: number };
  /** Open sessions, the median. */
  readonly sessions: number;
  /** Round trips through the gateway, milliseconds: the slowest of each half second. */
  readonly roundTrip: { readonly median: number; readonly max: number };
  /** The same past the gateway. */
  readonly direct: { readonly median: number; readonly max: number };
}

/** What is kept of a run: its chart shows every sample, and a run of the same seed makes the faults again. */
export interface SoakSummary extends Omit<SoakResult, 'samples' | 'faults' | 'correctness'> {
  /** How often each fault was made. */
  readonly faults: Readonly<Record<string, number>>;
  readonly spans: readonly Span[];
}

/** The most spans, and seconds of the shortest. */
const mostSpans = 20;
const shortest = 60;

/** Spans of a minute, or of as many as make 20 of them. */
export function soakSummary({ samples, faults, correctness: _, ...result }: SoakResult): SoakSummary {
  const length = Math.max(shortest, Math.ceil(result.seconds / mostSpans / shortest) * shortest);
  const spans: Span[] = [];
  for (let from = 0; from < result.seconds; from += length) {
    const to = Math.min(from + length, result.seconds);
    // The last sessions end a while after traffic: what is seen then belongs to the last span.
    const last = to === result.seconds;
    const part = samples.filter(({ at }) => at >= from && (at < to || last));
    if (part.length > 0) spans.push(spanOf(part, from, to));
  }
  const counts: Record<string, number> = {};
  for (const { name } of faults) counts[name] = (counts[name] ?? 0) + 1;
  return { ...result, faults: counts, spans };
}

function spanOf(samples: readonly Sample[], from: number, to: number): Span {
  const figures = (of: (sample: Sample) => number): { readonly median: number; readonly max: number } => {
    const { median, max } = summarise(samples.map(of)) ?? { median: 0, max: 0 };
    return { median: rounded(median), max: rounded(max) };
  };
  return {
    from,
    to,
    rss: figures(({ rss }) => rss / 2 ** 20),
    sessions: figures(({ sessions }) => sessions).median,
    roundTrip: figures(({ roundTrip }) => roundTrip),
    direct: figures(({ direct }) => direct),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
