import type { Reloaded } from '../admin/schemas.ts';
import { figure } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import { printableLine } from '../base/printable.ts';
import { wrapLine } from '../base/wrap-line.ts';
import { coloured } from './colours.ts';
import type { Output } from './io.ts';
import { textWidth } from './print-messages.ts';
import { tableLines } from './running-gateway.ts';

const heads = {
  applied: (took: string) => `The changes are applied (${took})`,
  unchanged: () => 'Nothing has changed',
  'dry run': () => 'A reload would change this; nothing has changed yet',
} as const satisfies Record<Reloaded['outcome'], (took: string) => string>;

/** What a reload has changed, with the sessions that each change concerns, its warnings, and what was skipped. */
export function reloadedLines(
  { outcome, changes, warnings, skipped, tookMs }: Reloaded,
  output: Output,
): readonly string[] {
  const rows = changes.map(({ kind, what, name, detail, sessions }) => [kind, what, name, detail, figure(sessions)]);
  const nothing = outcome === 'dry run' && changes.length === 0;
  return [
    nothing ? 'A reload would change nothing' : heads[outcome](formatDuration(tookMs)),
    ...(rows.length === 0 ? [] : tableLines(columns, rows, output)),
    ...[...warnings.map((text) => `warning: ${text}`), ...skipped.map(({ message }) => `skipped: ${message}`)]
      .flatMap((line) => wrapLine(printableLine(line), textWidth(output), '  '))
      .map((line) => coloured(line, 'attention', output)),
  ];
}

const columns = [
  { title: 'change' },
  { title: 'of', leaveOut: 1 },
  { title: 'name', least: 12 },
  { title: 'what', least: 20 },
  { title: 'sessions', align: 'right' },
] as const;
