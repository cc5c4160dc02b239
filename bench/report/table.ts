import { type Figure, withUnit } from '../scenarios/scenario.ts';
import { aligned } from './aligned.ts';
import { machineLine } from './machine.ts';
import { type ForwarderReport, type Report, type ScenarioReport, verdicts } from './report.ts';
import { readable } from './statistics.ts';

/** The report as plain text: wide lines, as no figure is worth a second table. */
export function table(report: Report): string {
  return [
    `floatgate ${report.version}, ${report.date.slice(0, 16).replace('T', ' ')} UTC`,
    `${machineLine(report.machine)}; medians of ${report.rounds} interleaved rounds [lowest .. highest]`,
    ...measuredLines(report),
    ...leftOutLines(report),
    ...report.scenarios.flatMap((scenario) => ['', ...scenarioLines(scenario)]),
    '',
    ...verdictLines(report),
    '',
  ].join('\n');
}

function scenarioLines({ title, figures, forwarders }: ScenarioReport): string[] {
  const shown = forwarders.filter(({ summary }) => Object.keys(summary).length > 0);
  const head = ['', ...figures.map(withUnit)];
  const rows = shown.map((forwarder) => [forwarder.name, ...figures.map((figure) => cell(forwarder, figure))]);
  return [title, ...aligned([head, ...rows])];
}

/** Versions and remarks, where there are some. */
function measuredLines({ measured }: Report): string[] {
  const described = measured.filter(({ version, remark }) => version !== undefined || remark !== undefined);
  if (described.length === 0) return [];
  const width = Math.max(...described.map(({ name }) => name.length));
  return [
    '',
    ...described.map(({ name, version, remark }) => {
      const words = [version, remark].filter((part) => part !== undefined);
      return `  ${name.padEnd(width)}  ${words.join('; ')}`;
    }),
  ];
}

function leftOutLines({ leftOut }: Report): string[] {
  if (leftOut.length === 0) return [];
  return [
    '',
    'Left out',
    ...leftOut.map(({ name, scenario, why }) => `  ${name}${scenario === undefined ? '' : ` (${scenario})`}: ${why}`),
  ];
}

function cell({ summary, ratio }: ForwarderReport, { key }: Figure): string {
  const found = summary[key];
  if (found === undefined) return '-';
  const spread = `${readable(found.median)} [${readable(found.min)} .. ${readable(found.max)}]`;
  const against = ratio[key];
  return against === undefined ? spread : `${spread} ${against.toFixed(2)}x`;
}

function verdictLines(report: Report): string[] {
  const found = verdicts(report);
  if (found.length === 0) return [];
  const width = Math.max(...found.map(({ what }) => what.length));
  return [
    `${report.comparison.subject} against ${report.comparison.yardstick}, ` +
      'ratio of medians [lowest .. highest ratio of one round]',
    ...found.map(
      ({ what, ratio, lowest, highest, atMost, met }) =>
        `  ${what.padEnd(width)}  ${ratio.toFixed(2)}x [${lowest.toFixed(2)} .. ${highest.toFixed(2)}]` +
        `  at most ${atMost.toFixed(2)}x  ${met ? 'met' : 'MISSED'}`,
    ),
  ];
}
