import type { Status } from '../admin/schemas.ts';
import { count, figure } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import { localTime } from '../base/instant.ts';
import { printableLine } from '../base/printable.ts';
import { wrapLine } from '../base/wrap-line.ts';
import { coloured } from './colours.ts';
import { ageText, bytesText, rateText } from './human-units.ts';
import type { Output } from './io.ts';
import { textWidth } from './print-messages.ts';
import { tableLines } from './running-gateway.ts';

export interface Shown {
  readonly output: Output;
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Row {
  readonly label: string;
  readonly text: string;
  readonly attention?: 'attention';
}

const labelWidth = 10;
/** Lines of each list. */
const most = 30;

/** What `floatgate status` shows. */
export function statusLines(status: Status, shown: Shown): readonly string[] {
  const { output, now } = shown;
  const width = textWidth(output);
  const rows = [...introduction(status, now), ...traffic(status), ...changes(status, now)];
  const hang = ' '.repeat(labelWidth);
  const line = ({ label, text, attention }: Row): readonly string[] =>
    wrapLine(printableLine(`${label.padEnd(labelWidth)}${text}`), width, hang).map((part) =>
      attention === undefined ? part : coloured(part, attention, output),
    );
  const served = servedLines(status, shown);
  return [...rows.flatMap(line), ...(served.length === 0 ? [] : ['', ...served])];
}

function introduction(status: Status, now: number): readonly Row[] {
  const { instance, pid, version, node, command, config, startedAt, engine, subnet } = status;
  const uptime = ageText(Math.max(0, now - Date.parse(startedAt)));
  return [
    {
      label: 'gateway',
      text: `${instance}: floatgate ${command} ${version}, pid ${pid}, Node ${node.replace(/^v/, '')}`,
    },
    { label: 'since', text: `${localTime(startedAt)} (${uptime})` },
    status.state === 'draining'
      ? { label: 'state', text: 'draining: it ends when its sessions have', attention: 'attention' }
      : { label: 'state', text: 'serving' },
    ...(config === undefined ? [] : [{ label: 'config', text: config }]),
    ...(subnet === undefined ? [] : [{ label: 'subnet', text: subnet }]),
    { label: 'engine', text: `${engine.name} (${engine.why})` },
    { label: 'log', text: status.logLevel },
  ];
}

function traffic({ sessions, bytes, rates }: Status): readonly Row[] {
  const { opened, denied, turnedAway } = sessions;
  const ended = Object.entries(sessions.ended)
    .filter(([, times]) => times > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${reason} ${figure(times)}`);
  const { overMs, sessionsPerSecond, bytesToTargetPerSecond, bytesToClientPerSecond } = rates;
  return [
    { label: 'sessions', text: `${figure(sessions.now)} now, ${figure(sessions.most)} at most` },
    { label: '', text: `${figure(opened)} opened, ${figure(denied)} denied, ${figure(turnedAway)} turned away` },
    ...(ended.length === 0 ? [] : [{ label: 'ended', text: ended.join(', ') }]),
    { label: 'bytes', text: `${bytesText(bytes.toTarget)} to targets, ${bytesText(bytes.toClient)} to clients` },
    {
      label: 'rates',
      text:
        `${rateText(sessionsPerSecond)} sessions/s, ${bytesText(bytesToTargetPerSecond)}/s to targets, ` +
        `${bytesText(bytesToClientPerSecond)}/s to clients (over ${ageText(overMs)})`,
    },
  ];
}

/** What the operator has changed, and what was skipped. */
function changes({ out, reloads, listeners }: Status, now: number): readonly Row[] {
  const age = (instant: string) => ageText(Math.max(0, now - Date.parse(instant)));
  const last = reloads.last.slice(0, 5);
  return [
    ...labelled(
      'out',
      out.map(
        ({ what, since, targets, sessions }) =>
          `${what} for ${age(since)}: ${count(targets, 'target')}, ${count(sessions, 'session')} still with it`,
      ),
    ).map((row): Row => ({ ...row, attention: 'attention' })),
    ...labelled(
      'skipped',
      listeners.skipped.map(({ message }) => message),
    ).map((row): Row => ({ ...row, attention: 'attention' })),
    ...(reloads.applied + reloads.refused === 0 && last.length === 0
      ? []
      : [{ label: 'reloads', text: `${figure(reloads.applied)} applied, ${figure(reloads.refused)} refused` }]),
    ...last.map(
      ({ at, trigger, outcome, summary, tookMs }): Row => ({
        label: '',
        text: `${localTime(at)}  by ${trigger}, ${outcome}: ${summary} (${formatDuration(tookMs)})`,
        ...(outcome === 'refused' && { attention: 'attention' }),
      }),
    ),
  ];
}

function labelled(label: string, texts: readonly string[]): readonly Row[] {
  const rest = texts.length - most;
  const lines = rest > 0 ? [...texts.slice(0, most), `... and ${figure(rest)} more`] : texts;
  return lines.map((text, index) => ({ label: index === 0 ? label : '', text }));
}

function servedLines({ served, listeners }: Status, { output, now }: Shown): readonly string[] {
  if (served.length === 0) return [];
  const some = served.some(({ added }) => added !== undefined);
  const rows = served.map(({ name, ports, addresses, leadsTo, sessions, added }) => [
    name,
    ports,
    addresses.join(', '),
    leadsTo,
    figure(sessions),
    ...(some ? [addedText(added, now)] : []),
  ]);
  const lines = tableLines(
    [
      { title: 'serves', least: 8 },
      { title: 'ports', least: 11 },
      { title: 'on', least: 9, leaveOut: 1 },
      { title: 'leads to', least: 16 },
      { title: 'sessions', align: 'right' },
      ...(some ? [{ title: 'added' }] : []),
    ],
    rows.slice(0, most),
    output,
  );
  const rest = rows.length - most;
  return [
    ...lines,
    ...(rest > 0 ? [`... and ${figure(rest)} more, with --json`] : []),
    count(listeners.open, 'listener'),
  ];
}

/** How long a forward that was added has left. */
function addedText(added: Status['served'][number]['added'], now: number): string {
  if (added === undefined) return '';
  if (added.until === undefined) return 'to the end';
  return `${ageText(Math.max(0, Date.parse(added.until) - now))} left`;
}
