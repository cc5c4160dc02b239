import { summarise } from '../report/statistics.ts';
import type { Sample } from './samples.ts';

/** How resident memory went. */
export interface MemoryTrend {
  /** MiB: medians of the second and of the last quarter. */
  readonly second: number;
  readonly last: number;
  /** MiB a minute over the second half, by least squares. */
  readonly slope: number;
}

const mebibyte = 2 ** 20;

/** The first quarter is left out: heap, compiled code and buffers grow to what the traffic needs. */
export function memoryTrend(samples: readonly Sample[]): MemoryTrend {
  const part = (from: number, to: number): readonly Sample[] =>
    samples.slice(Math.floor(samples.length * from), Math.floor(samples.length * to));
  const median = (of: readonly Sample[]): number => (summarise(of.map(({ rss }) => rss))?.median ?? 0) / mebibyte;
  return {
    second: median(part(0.25, 0.5)),
    last: median(part(0.75, 1)),
    slope: leastSquares(part(0.5, 1)) * 60,
  };
}

/** MiB a second. */
function leastSquares(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, samples.length);
  const [at, rss] = [mean((sample) => sample.at), mean((sample) => sample.rss)];
  const spread = mean((sample) => (sample.at - at) ** 2);
  return spread === 0 ? 0 : mean((sample) => (sample.at - at) * (sample.rss - rss)) / spread / mebibyte;
}
