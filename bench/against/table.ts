import { aligned } from '../report/aligned.ts';
import { machineLine } from '../report/machine.ts';
import { readable, type Summary } from '../report/statistics.ts';
import { type Figure, withUnit } from '../scenarios/scenario.ts';
import type { AgainstReport, PairReport } from './measure-against.ts';

/** Identical builds were seen at 0.80 to 1.08x of each other over 7 rounds, so a ratio below this proves nothing. */
const noise = 1.15;
/** Two runs of so many rounds must both show a loss before it counts. */
const roundsThatCount = 7;

/** One figure of both builds. */
export interface Row {
  readonly figure: Figure;
  readonly ours: Summary;
  readonly theirs: Summary;
  /** This build's value divided by the other's, round by round. */
  readonly ratio: Summary;
  /** Whether this build is worse by more than noise. */
  readonly verdict: 'worse' | 'within noise';
}

/** The figures that both builds have. `moved`, the bytes of a whole round, repeats the throughput and is left out. */
export function rowsOf({ figures, forwarders }: PairReport): Row[] {
  const [ours, theirs] = forwarders;
  return figures.flatMap((figure): Row[] => {
    const { key, better } = figure;
    const [own, other, ratio] = [ours?.summary[key], theirs?.summary[key], ours?.ratioByRound[key]];
    if (key === 'moved' || own === undefined || other === undefined || ratio === undefined) return [];
    const loss = better === 'less' ? ratio.median : 1 / ratio.median;
    return [{ figure, ours: own, theirs: other, ratio, verdict: loss > noise ? 'worse' : 'within noise' }];
  });
}

/** The report as plain text. */
export function againstTable(report: AgainstReport): string {
  const { date, machine, rounds, builds } = report;
  const pairs = report.pairs.map((pair) => ({ pair, rows: rowsOf(pair) }));
  const worse = pairs.flatMap(({ rows }) => rows).filter(({ verdict }) => verdict === 'worse').length;
  return [
    `floatgate, two builds, ${date.slice(0, 16).replace('T', ' ')} UTC`,
    machineLine(machine),
    `this:  ${builds.this.version}, this project`,
    `other: ${builds.other.version}, ${builds.other.folder}`,
    `Medians of ${counted(rounds, 'round')}; the builds take turns to be first.`,
    'this/other: median [lowest .. highest] of the ratios of the rounds.',
    ...pairs.flatMap(({ pair, rows }) => ['', ...pairLines(pair, rows)]),
    '',
    ...closingLines(worse, rounds),
    '',
  ].join('\n');
}

function pairLines({ title, engine }: PairReport, rows: readonly Row[]): string[] {
  const cells = rows.map(({ figure, ours, theirs, ratio, verdict }) => [
    withUnit(figure),
    readable(ours.median),
    readable(theirs.median),
    `${ratio.median.toFixed(2)}x [${ratio.min.toFixed(2)} .. ${ratio.max.toFixed(2)}]`,
    verdict === 'worse' ? 'WORSE' : '',
  ]);
  return [`${title}; ${engine}`, ...aligned([['', 'this', 'other', 'this/other'], ...cells])];
}

function closingLines(worse: number, rounds: number): string[] {
  if (worse === 0) return [`Nothing is worse by more than ${noise}x.`];
  return [
    `Marked WORSE: ${counted(worse, 'figure')}, by more than ${noise}x in this run.`,
    `A loss counts only where two runs of ${roundsThatCount} rounds both show it.`,
    ...(rounds < roundsThatCount ? [`This run has ${counted(rounds, 'round')}: its marks do not count.`] : []),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
