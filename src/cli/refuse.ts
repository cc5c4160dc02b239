import { printable, printableLine } from '../base/printable.ts';
import type { Problem } from '../base/problem.ts';
import { formatProblem, placeText, sortProblems } from '../config/format-problem.ts';
import type { ReadConfig } from '../config/read-config.ts';
import type { ExitCode, Io } from './io.ts';
import { printMessages, textWidth } from './print-messages.ts';

/** `log.format` of a gateway: `json` makes a line of JSON of each message. Anything else is text. */
type Form = ReadConfig['logFormat'];

/** Prints every problem and returns the exit code. */
export async function refuse(problems: readonly Problem[], { stderr }: Io, form: Form = 'text'): Promise<ExitCode> {
  const sorted = sortProblems(problems);
  if (form === 'json') {
    const lines = sorted.map(({ place, message }) =>
      jsonLine({ level: 'error', place: placeText(place), msg: message }),
    );
    await stderr.write(lines.join(''));
  } else {
    const width = textWidth(stderr);
    await printMessages(
      sorted.map((problem) => formatProblem(problem, width)),
      stderr,
    );
  }
  return 2;
}

/** Prints the warnings of a configuration for which no log is open. */
export async function printWarnings({ warnings }: ReadConfig, { stderr }: Io, form: Form = 'text'): Promise<void> {
  if (form === 'json') await stderr.write(warnings.map((msg) => jsonLine({ level: 'warn', msg })).join(''));
  else await printMessages(warnings.map(printableLine), stderr);
}

/** Prints errors on stderr that are already in a log elsewhere. */
export async function printErrors(messages: readonly string[], { stderr }: Io, form: Form): Promise<void> {
  if (form === 'json') await stderr.write(messages.map((msg) => jsonLine({ level: 'error', msg })).join(''));
  else await printMessages(messages, stderr);
}

function jsonLine({ level, ...fields }: { level: 'warn' | 'error'; place?: string | undefined; msg: string }): string {
  return printable(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields })}\n`);
}
