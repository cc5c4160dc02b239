import { baseDarkStyle, baseStyle, escaped, fixed, openingTag, text } from '../report/svg.ts';
import type { SoakResult } from './run.ts';
import type { Sample } from './samples.ts';

const width = 760;
const margin = 24;
const headHeight = 84;
const plotHeight = 92;
const titleHeight = 26;
const pitch = plotHeight + titleHeight + 22;
const axisWidth = 52;
const left = margin + axisWidth;
const plotWidth = width - left - margin;
/** Points of a line: more are not seen, and a long run would make a large file. */
const mostPoints = 400;

const style = `${baseStyle}
  .axis { font-size: 11px; text-anchor: end; fill: #59636e; }
  .line { fill: none; stroke: #0969da; stroke-width: 1.4; }
  .beside { fill: none; stroke: #bf8700; stroke-width: 1; }
  .tick { stroke: #cf222e; stroke-opacity: .55; }
  @media (prefers-color-scheme: dark) {${baseDarkStyle}
    .axis { fill: #9198a1; } .line { stroke: #4493f8; } .beside { stroke: #d29922; } .tick { stroke: #ff7b72; }
  }`;

/** One figure over time. */
interface Plot {
  readonly title: string;
  readonly value: (sample: Sample) => number;
  readonly beside?: (sample: Sample) => number;
}

const plots: readonly Plot[] = [
  { title: 'Resident memory of the gateway, MiB', value: ({ rss }) => rss / 2 ** 20 },
  { title: 'Sessions under way', value: ({ sessions }) => sessions },
  {
    title: 'Longest round trip of a byte, ms: through the gateway, and past it (brown)',
    value: ({ roundTrip }) => roundTrip,
    beside: ({ direct }) => direct,
  },
];

/** Three plots over one time; every fault is a tick below them, a stopped gateway makes the round trip jump. */
export function soakChart(result: SoakResult, about: string): string {
  const { samples, faults, seconds, engineUsed, seed } = result;
  const height = headHeight + plots.length * pitch + 18;
  const heading = `floatgate soaked for ${duration(seconds)}: engine ${engineUsed}`;
  const x = (at: number): number => left + (Math.min(at, seconds) / seconds) * plotWidth;
  const shown = thinned(samples.filter(({ at }) => at <= seconds));
  return [
    openingTag(width, height),
    `<title>${escaped(heading)}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${width}" height="${height}" rx="8"/>`,
    text(margin, 34, 'title', heading),
    text(margin, 56, 'quiet', `seed ${seed}, ${faults.length} faults (red ticks), ${about}`),
    ...plots.flatMap((one, index) => {
      const top = headHeight + index * pitch;
      const ticks = faults.map(({ at }) => tick(x(at / 1000), top + titleHeight + plotHeight));
      return [...plot(one, shown, top, x), ...ticks];
    }),
    text(left, height - 8, 'quiet', '0'),
    `<text class="axis" x="${left + plotWidth}" y="${height - 8}">${duration(seconds)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function plot(
  { title, value, beside }: Plot,
  samples: readonly Sample[],
  top: number,
  x: (at: number) => number,
): string[] {
  const bottom = top + titleHeight + plotHeight;
  const highest = Math.max(1, ...samples.map(value));
  const line = (kind: string, of: (sample: Sample) => number): string => {
    const points = samples.map((one) => `${fixed(x(one.at))},${fixed(bottom - (of(one) / highest) * plotHeight)}`);
    return `<polyline class="${kind}" points="${points.join(' ')}"/>`;
  };
  return [
    text(left, top + 16, 'panel', title),
    `<rect class="card" x="${left}" y="${top + titleHeight}" width="${plotWidth}" height="${plotHeight}"/>`,
    `<text class="axis" x="${left - 6}" y="${top + titleHeight + 9}">${highest.toFixed(0)}</text>`,
    `<text class="axis" x="${left - 6}" y="${bottom}">0</text>`,
    line('line', value),
    ...(beside === undefined ? [] : [line('beside', beside)]),
  ];
}

function tick(x: number, bottom: number): string {
  return `<line class="tick" x1="${fixed(x)}" x2="${fixed(x)}" y1="${bottom}" y2="${bottom + 6}"/>`;
}

/** Of several samples that share a point, each figure's highest. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  const group = Math.ceil(samples.length / mostPoints);
  const thin: Sample[] = [];
  for (let at = 0; at < samples.length; at += group) {
    const together = samples.slice(at, at + group);
    const highest = (of: (sample: Sample) => number): number => Math.max(...together.map(of));
    thin.push({
      at: together[0]?.at ?? 0,
      rss: highest(({ rss }) => rss),
      sessions: highest(({ sessions }) => sessions),
      roundTrip: highest(({ roundTrip }) => roundTrip),
      direct: highest(({ direct }) => direct),
    });
  }
  return thin;
}

function duration(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
