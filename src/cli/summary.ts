import { count, figure } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import { printableLine } from '../base/printable.ts';
import { threadPoolNotes } from '../base/thread-pool.ts';
import { wrapLine } from '../base/wrap-line.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { messageOfOne } from '../gateway/listener-failure.ts';
import type { Plan, PlannedEngine } from '../plan/plan.ts';
import {
  addressesText,
  isLoopback,
  listenersByName,
  servedForward,
  servedForwards,
  servedServices,
  targetsLine,
} from '../plan/served.ts';
import { accessSummary, extrasOf } from './admission-lines.ts';
import { coloured } from './colours.ts';
import type { Output } from './io.ts';

/** Lines of a summary that show this many forwards, or pasted commands, at most. */
const most = 30;
/** Columns of the labels of rows. */
export const labelWidth = 10;

export interface Ready {
  readonly plan: Plan;
  readonly gateway: Pick<Gateway, 'served' | 'skipped'>;
  /** Ready to paste, one per service of what is served. */
  readonly commands: (served: Plan) => readonly string[];
  readonly output: Pick<Output, 'style' | 'colours' | 'columns'>;
  /** What is worth a line besides the plan's own notes. */
  readonly notes?: readonly string[];
  /** `beside`: the log writes to the same terminal, so that its warnings and errors are not repeated. */
  readonly log?: 'beside' | 'elsewhere';
}

/** A line of the banner: a label, and text that is wrapped beside it. */
interface Row {
  readonly label: string;
  readonly text: string;
  /** A part of `text` that stands out. */
  readonly attention?: string;
}

/** The lines for stdout once a gateway serves: prose on a terminal, elsewhere one line of JSON. */
export function readySummary(ready: Ready): readonly string[] {
  const { gateway, output, log = 'elsewhere' } = ready;
  const plan = withoutSkipped(ready.plan, gateway);
  const commands = ready.commands(plan);
  const own = [...plan.notes, ...threadPoolNotes()];
  if (output.style === 'json') {
    return [printableLine(JSON.stringify(readyEvent(plan, gateway, commands, [...own, ...(ready.notes ?? [])])))];
  }
  const notes = log === 'beside' ? own : [...own, ...(ready.notes ?? [])];
  const skipped = log === 'beside' ? [] : gateway.skipped.map(({ message }) => message);
  const columns = output.columns();
  const where = plan.listeners.length === 0 ? '' : commonAddresses(plan);
  const row = ({ label, text, attention }: Row): readonly string[] => {
    const line = printableLine(`  ${label.padEnd(labelWidth)}${text}`);
    const shown =
      attention === undefined ? line : line.replace(attention, (words) => coloured(words, 'attention', output));
    return wrapLine(shown, columns, ' '.repeat(labelWidth + 2));
  };
  return [
    ...wrapLine(
      `floatgate serves ${count(gateway.served, 'listener')}${where === undefined ? '' : ` ${where}`}`,
      columns,
    ),
    '',
    ...[...servedRows(plan), accessRow(plan), limitRow(plan), engineRow(plan.engine)].flatMap(row),
    ...notes.flatMap((text) => row({ label: 'note', text })),
    ...shortened(skipped).flatMap((text) => row({ label: 'skipped', text })),
    '',
    'Try:',
    ...shortened(commands).map((command) => printableLine(`  ${command}`)),
    '',
    'Stop with Ctrl-C',
  ];
}

function withoutSkipped(plan: Plan, { skipped }: Ready['gateway']): Plan {
  const keys = new Set(skipped.flatMap(({ listeners }) => listeners.map(({ key }) => key)));
  return { ...plan, listeners: plan.listeners.filter(({ key }) => !keys.has(key)) };
}

function readyEvent(
  plan: Plan,
  gateway: Ready['gateway'],
  commands: readonly string[],
  notes: readonly string[],
): object {
  return {
    event: 'ready',
    pid: process.pid,
    subnet: plan.subnet,
    services: servedServices(plan),
    forwards: servedForwards(plan),
    listeners: gateway.served,
    limits: plan.limits,
    engine: plan.engine,
    skipped: gateway.skipped.flatMap(({ listeners, code, why }) =>
      listeners.map((listener) => ({ listener: listener.key, code, message: messageOfOne(listener, why) })),
    ),
    notes,
    commands,
  };
}

/** Where everything listens, the subnet, its services and the forwards, one a line, for `check`. */
export function servedLines(plan: Plan): readonly string[] {
  const where = commonAddresses(plan);
  const rows = [...(where === undefined ? [] : [{ label: 'listen', text: where }]), ...servedRows(plan)];
  return rows.map(({ label, text }) => `${label.padEnd(labelWidth)}${text}`);
}

/** Where all services and forwards listen, if that is the same for each. */
function commonAddresses(plan: Plan): string | undefined {
  const texts = new Set(
    (['service', 'forward'] as const).flatMap((kind) => [...listenersByName(plan, kind).values()].map(addressesText)),
  );
  const [text] = texts;
  return texts.size === 1 ? text : undefined;
}

/** The subnet, its services and the forwards, each with its addresses unless all have the same. */
function servedRows(plan: Plan): readonly Row[] {
  const services = servedServices(plan);
  const listeners = listenersByName(plan, 'service');
  const width = Math.max(0, ...services.map(({ name }) => name.length));
  const common = commonAddresses(plan);
  const where = (own: Parameters<typeof addressesText>[0]) => (common === undefined ? ` ${addressesText(own)}` : '');
  const serviceRows = services.map(({ name, ports, port, hosts }): Row => {
    const own = listeners.get(name) ?? [];
    const [first] = own;
    const extras = first === undefined ? [] : extrasOf(plan, first);
    const text = `${name.padEnd(width)}  ports ${ports}${where(own)} to port ${port} of hosts ${hosts}`;
    return { label: 'service', text: [text, ...extras].join('; ') };
  });
  const forwards = [...listenersByName(plan, 'forward')].flatMap(([name, own]): Row[] => {
    const [first] = own;
    if (first === undefined) return [];
    const [from, to] = [first.bind.port, own.at(-1)?.bind.port ?? first.bind.port];
    const [ports, lead] = from === to ? [`port ${from}`, 'leads'] : [`ports ${from}-${to}`, 'lead'];
    const text = `${ports}${where(own)} ${lead} to ${targetsLine(servedForward(name, own))}`;
    return [{ label: 'forward', text: [text, ...extrasOf(plan, first)].join('; ') }];
  });
  const rest = forwards.length - most;
  return [
    ...(plan.subnet === undefined ? [] : [{ label: 'subnet', text: plan.subnet }]),
    ...serviceRows,
    ...forwards.slice(0, most),
    ...(rest > 0 ? [{ label: '', text: `... and ${rest} more` }] : []),
  ];
}

function accessRow(plan: Plan): Row {
  const local = plan.listeners.every(({ bind }) => isLoopback(bind));
  return { label: 'access', ...accessSummary(plan, local ? 'this machine alone' : 'from elsewhere') };
}

/** The limits that clients meet first; `check` has all of them, and how the number of sessions comes about. */
function limitRow({ limits: { sessions, perListener, perSource } }: Plan): Row {
  const shares = [
    count(sessions, 'session'),
    ...(perListener === sessions ? [] : [`${figure(perListener)} through one listener`]),
    ...(perSource?.sessions === undefined ? [] : [`${figure(perSource.sessions)} from one source`]),
    ...(perSource?.rate === undefined
      ? []
      : [`${perSource.rate.sessions} new ones from one source in ${formatDuration(perSource.rate.per)}`]),
  ];
  return { label: 'limits', text: shares.join(', ') };
}

function engineRow({ name, why }: PlannedEngine): Row {
  return { label: 'engine', text: `${name} (${why})` };
}

export function engineLine(engine: PlannedEngine): string {
  const { label, text } = engineRow(engine);
  return `${label.padEnd(labelWidth)}${text}`;
}

/** How the number of sessions comes about, for `check`. */
export function limitLines({ limits, engine }: Plan): readonly string[] {
  const beyond =
    engine.name === 'splice'
      ? "further clients wait in the kernel's queue"
      : `further clients wait, up to ${limits.waitingRoom} of them accepted`;
  return [
    `limits    ${limits.explanation}`,
    `          at most ${figure(limits.perListener)} through one listener; ${beyond}`,
  ];
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), `... and ${lines.length - most} more`];
}
