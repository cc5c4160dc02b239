import { type Figure, withUnit } from '../scenarios/scenario.ts';
import type { Comparison } from './comparison.ts';
import { machineLine } from './machine.ts';
import type { ForwarderReport, Report, ScenarioReport } from './report.ts';
import { readable } from './statistics.ts';
import { baseDarkStyle, baseStyle, escaped, fixed, openingTag, text } from './svg.ts';

const width = 960;
const margin = 28;
const gap = 24;
const panelWidth = (width - 2 * margin - gap) / 2;
const headHeight = 92;
/** Of the small print under the heading: its lines, and how many characters fit into one. */
const lineHeight = 18;
const lineLength = 135;
const titleHeight = 50;
const barHeight = 18;
const barPitch = 26;
const panelPadding = 14;
const valueWidth = 108;

/** Bars have a contrast of 2.9 or more to their card, on a light background and on a dark one. */
const style = `${baseStyle}
  .name { text-anchor: end; }
  .spread { stroke: #1f2328; stroke-opacity: .55; stroke-width: 1.5; }
  .direct { fill: #818b98; } .yardstick { fill: #bf8700; } .subject { fill: #0969da; } .ours { fill: #6a9fdc; }
  .other { fill: #8250df; } .many .other { fill: #8b949e; }
  .strong { font-weight: 600; }
  @media (prefers-color-scheme: dark) {${baseDarkStyle}
    .spread { stroke: #e6edf3; }
    .direct { fill: #7d8590; } .yardstick { fill: #d29922; } .subject { fill: #4493f8; } .ours { fill: #4a76b8; }
    .other { fill: #ab7df8; } .many .other { fill: #7d8590; }
  }`;

/** The report as an SVG picture: a panel for each charted figure, a bar for each forwarder, a line for the spread. */
export function chart(report: Report): string {
  const panels = report.scenarios.flatMap((scenario) =>
    scenario.figures.filter(({ charted }) => charted).map((figure) => ({ scenario, figure })),
  );
  const parts: string[] = [];
  const smallPrint = wrapped(versions(report));
  let y = headHeight + lineHeight * smallPrint.length;
  for (let at = 0; at < panels.length; at += 2) {
    const row = panels.slice(at, at + 2);
    const height = Math.max(...row.map(({ scenario, figure }) => panelHeight(bars(scenario, figure).length)));
    for (const [column, { scenario, figure }] of row.entries()) {
      const x = margin + column * (panelWidth + gap);
      parts.push(panel(scenario, figure, report.comparison, { x, y, height }));
    }
    y += height + gap;
  }
  const heading = title(report);
  const rounds = `medians of ${report.rounds} interleaved rounds, ${report.date.slice(0, 10)}`;
  const about = `${machineLine(report.machine)}; ${rounds}`;
  return [
    openingTag(width, y, report.comparison.kind === 'peers' ? 'many' : 'few'),
    `<title>${escaped(heading)}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${width}" height="${y}" rx="8"/>`,
    text(margin, 40, 'title', heading),
    text(margin, 64, 'quiet', about),
    ...smallPrint.map((line, index) => text(margin, 64 + (index + 1) * lineHeight, 'quiet', line)),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function title({ version, comparison }: Report): string {
  if (comparison.kind !== 'peers') return `floatgate ${version} against ${comparison.yardstick} forwarding`;
  return `floatgate ${version} beside other ways to forward TCP`;
}

/** Of a run against peers: the programs that were measured, and their versions. */
function versions({ comparison, measured }: Report): string[] {
  if (comparison.kind !== 'peers') return [];
  const peers = measured.filter(({ name }) => !name.startsWith('floatgate'));
  return [
    ...peers.map(({ name, version, remark }) => {
      const about = [version, remark].filter((part) => part !== undefined).join('; ');
      return `${name}${about === '' ? '' : ` (${about})`}`;
    }),
    `in brackets behind a figure: divided by that of ${comparison.yardstick}`,
  ];
}

/** As many of them to a line as fit. */
function wrapped(parts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1)}, ${part}`;
    if (lines.length > 0 && longer.length <= lineLength) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function panelHeight(count: number): number {
  return titleHeight + count * barPitch + panelPadding;
}

function bars({ forwarders }: ScenarioReport, { key }: Figure): ForwarderReport[] {
  return forwarders.filter(({ summary }) => summary[key] !== undefined);
}

function panel(
  scenario: ScenarioReport,
  figure: Figure,
  comparison: Comparison,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
): string {
  const shown = bars(scenario, figure);
  const longest = Math.max(0, ...shown.map(({ summary }) => summary[figure.key]?.max ?? 0));
  const nameWidth = 24 + 7.5 * Math.max(...scenario.forwarders.map(({ name }) => name.length));
  const room = panelWidth - nameWidth - valueWidth - 2 * panelPadding;
  const left = x + panelPadding + nameWidth;
  const scale = (value: number): number => (longest > 0 ? (Math.max(0, value) / longest) * room : 0);
  return [
    `<rect class="card" x="${x}" y="${y}" width="${panelWidth}" height="${height}" rx="6"/>`,
    text(x + panelPadding, y + 22, 'panel', scenario.title),
    text(x + panelPadding, y + 40, 'quiet', `${withUnit(figure)}; ${figure.better} is better`),
    ...shown.flatMap(({ name, summary, ratio }, index) => {
      const found = summary[figure.key];
      if (found === undefined) return [];
      const top = y + titleHeight + index * barPitch;
      const middle = top + barHeight / 2;
      const against = ratio[figure.key];
      const value = readable(found.median) + (against === undefined ? '' : `  (${against.toFixed(2)}x)`);
      const end = left + Math.max(scale(found.median), scale(found.max));
      const weight = name === comparison.subject ? ' strong' : '';
      return [
        text(left - 8, middle + 4.5, `name${weight}`, name),
        `<rect class="${colour(name, comparison)}" x="${left}" y="${top}" width="${fixed(scale(found.median))}" ` +
          `height="${barHeight}" rx="3"/>`,
        `<line class="spread" x1="${fixed(left + scale(found.min))}" x2="${fixed(left + scale(found.max))}" ` +
          `y1="${middle}" y2="${middle}"/>`,
        text(fixed(end + 8), middle + 4.5, `value${weight}`, value),
      ];
    }),
  ].join('\n');
}

function colour(name: string, { subject, yardstick }: Comparison): string {
  if (name === subject) return 'subject';
  if (name === yardstick) return 'yardstick';
  if (name === 'direct') return 'direct';
  return name.startsWith('floatgate') ? 'ours' : 'other';
}
