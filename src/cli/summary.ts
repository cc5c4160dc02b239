import { threadPoolNotes } from '../base/thread-pool.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Plan, PlannedEngine } from '../plan/plan.ts';
import { limitTexts } from './admission-lines.ts';
import { servedForwards, servedServices, targetsLine } from './served.ts';

/** Lines of a summary that show this many forwards, or pasted commands, at most. */
const most = 30;

export interface Ready {
  readonly plan: Plan;
  readonly gateway: Gateway;
  /** Ready to paste, one per service of what is served. */
  readonly commands: (served: Plan) => readonly string[];
  readonly style: 'terminal' | 'json';
  /** What is worth a line besides the plan's own notes. */
  readonly notes?: readonly string[];
}

/** What stdout says once a gateway serves: prose on a terminal, elsewhere one line of JSON. */
export function readySummary(ready: Ready): readonly string[] {
  const { gateway } = ready;
  const plan = withoutSkipped(ready.plan, gateway);
  const commands = ready.commands(plan);
  const notes = [...plan.notes, ...threadPoolNotes(), ...(ready.notes ?? [])];
  if (ready.style === 'json') return [JSON.stringify(readyEvent(plan, gateway, commands, notes))];
  const skipped = gateway.skipped.map(({ message }) => `skipped: ${message}`);
  return [
    `floatgate serves ${count(gateway.served, 'listener')}`,
    '',
    ...indent(servedLines(plan)),
    '',
    ...indent([engineLine(plan.engine), ...limitLines(plan), ...sourceLines(plan.limits)]),
    '',
    'Try:',
    '',
    ...indent(shortened(commands)),
    '',
    ...notes,
    ...shortened(skipped),
    'Stop with Ctrl-C',
  ];
}

function withoutSkipped(plan: Plan, { skipped }: Gateway): Plan {
  const keys = new Set(skipped.map(({ listener }) => listener.key));
  return { ...plan, listeners: plan.listeners.filter(({ key }) => !keys.has(key)) };
}

function readyEvent(plan: Plan, gateway: Gateway, commands: readonly string[], notes: readonly string[]): object {
  return {
    event: 'ready',
    pid: process.pid,
    subnet: plan.subnet,
    services: servedServices(plan),
    forwards: servedForwards(plan),
    listeners: gateway.served,
    limits: plan.limits,
    engine: plan.engine,
    skipped: gateway.skipped.map(({ listener, code, message }) => ({ listener: listener.key, code, message })),
    notes,
    commands,
  };
}

/** The subnet, its services and the forwards, one a line. */
export function servedLines(plan: Plan): readonly string[] {
  const services = servedServices(plan);
  const width = Math.max(0, ...services.map(({ name }) => name.length));
  return [
    ...(plan.subnet === undefined ? [] : [`subnet    ${plan.subnet}`]),
    ...services.map(
      ({ name, ports, port, hosts }) =>
        `service   ${name.padEnd(width)}  ports ${ports} lead to port ${port} of hosts ${hosts}`,
    ),
    ...shortened(servedForwards(plan).map((forward) => `forward   ${forward.listen} leads to ${targetsLine(forward)}`)),
  ];
}

export function engineLine({ name, why }: PlannedEngine): string {
  return `engine    ${name} (${why})`;
}

export function limitLines({ limits, engine }: Plan): readonly string[] {
  const beyond =
    engine.name === 'splice'
      ? "further clients wait in the kernel's queue"
      : `further clients wait, up to ${limits.waitingRoom} of them accepted`;
  return [
    `limits    ${limits.explanation}`,
    `          at most ${limits.perListener.toLocaleString('en-US')} through one listener; ${beyond}`,
  ];
}

/** What one client may take; of services and forwards that have limits of their own `check` says more. */
function sourceLines({ perSource }: Plan['limits']): readonly string[] {
  return limitTexts({ ...(perSource !== undefined && { perSource }) }).map((text) => `          ${text}`);
}

export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), `... and ${lines.length - most} more`];
}
