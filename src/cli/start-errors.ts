import { printable } from '../base/printable.ts';
import type { Place, Problem } from '../base/problem.ts';
import { wrapLine } from '../base/wrap-line.ts';
import { sortProblems } from '../config/format-problem.ts';
import type { ReadConfig } from '../config/read-config.ts';
import type { ExitCode, Io } from './io.ts';
import { refuse, tellWarnings } from './refuse.ts';

/**
 * Prints every problem of a gateway that does not start: as JSON lines where `log.format: json` says so, and as text
 * otherwise. The command then ends with what this returns.
 */
export async function refuseStart(
  problems: readonly Problem[],
  { logFormat }: Pick<ReadConfig, 'logFormat'>,
  io: Io,
): Promise<ExitCode> {
  if (logFormat !== 'json') return await refuse(problems, io);
  await io.stderr.write(
    sortProblems(problems)
      .map(({ place, message }) => jsonLine({ level: 'error', place: placeText(place), msg: message }))
      .join(''),
  );
  return 2;
}

/** Prints the warnings of a configuration for which no log is open, in the same form. */
export async function printWarnings(read: ReadConfig, io: Io): Promise<void> {
  if (read.logFormat !== 'json') await tellWarnings(read, io);
  else await io.stderr.write(read.warnings.map((msg) => jsonLine({ level: 'warn', msg })).join(''));
}

/** Prints errors on stderr that are already in a log elsewhere, in the same form. */
export async function printErrors(
  messages: readonly string[],
  form: 'auto' | 'text' | 'json',
  { stderr }: Io,
): Promise<void> {
  const columns = stderr.style === 'terminal' ? stderr.columns() : Number.POSITIVE_INFINITY;
  const text = (msg: string) => `${wrapLine(msg, columns, '  ').join('\n')}\n`;
  const lines = messages.map((msg) => (form === 'json' ? jsonLine({ level: 'error', msg }) : text(msg)));
  await stderr.write(lines.join(''));
}

function jsonLine({ level, ...fields }: { level: 'warn' | 'error'; place?: string | undefined; msg: string }): string {
  return printable(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields })}\n`);
}

/** `gateway.yaml:3:5`, `--subnet` or `FLOATGATE_SUBNET`. */
function placeText(place: Place): string | undefined {
  if (place.kind === 'file') return `${place.file}:${place.line}:${place.column}`;
  return place.kind === 'default' ? undefined : place.name;
}
