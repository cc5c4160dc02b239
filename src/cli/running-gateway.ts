import type { ControlClient, Reply } from '../admin/client.ts';
import type { ClientFailure } from '../admin/client-failure.ts';
import { findGateway } from '../admin/find-gateway.ts';
import { coloured } from './colours.ts';
import type { Arguments, ValueOption } from './command.ts';
import type { ExitCode, Io, Output } from './io.ts';
import { printMessages, textWidth } from './print-messages.ts';
import { type Column, table } from './table.ts';

/** Which gateway a command talks to. */
export const instance: ValueOption = {
  flag: 'instance',
  placeholder: 'NAME',
  description: 'Name of the gateway, or the path of its socket (default: the only one)',
};

/** Finds the gateway and acts on it. Where there is none, it prints why and what to do. */
export async function withGateway(
  { options }: Pick<Arguments, 'options'>,
  io: Io,
  act: (gateway: ControlClient) => Promise<ExitCode>,
  find = findGateway,
): Promise<ExitCode> {
  const found = await find(options.get('instance'), io.environment);
  if (found.ok) return await act(found.client);
  await printMessages([found.message], io.stderr);
  return found.why === 'none' ? 1 : 2;
}

/** Prints why a gateway has not done it, with every problem as `check` prints it. */
export async function printFailure({ kind, message, problems = [] }: ClientFailure, { stderr }: Io): Promise<ExitCode> {
  const texts = problems.map(({ text }) => text);
  await printMessages(texts.length === 0 ? [message] : texts, stderr);
  return kind === 'refused' ? 2 : 1;
}

/** Prints the answer by `print`, or why there is none. */
export async function printReply<T>(reply: Reply<T>, io: Io, print: (value: T) => Promise<void>): Promise<ExitCode> {
  if (!reply.ok) return await printFailure(reply.failure, io);
  await print(reply.value);
  return 0;
}

export async function printJson(data: object, { stdout }: Io): Promise<void> {
  await stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
}

/** A table whose titles stand out. It fits a terminal; elsewhere nothing is left out. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: Output,
): readonly string[] {
  const [titles = '', ...others] = table(columns, rows, textWidth(output));
  return [coloured(titles, 'title', output), ...others];
}

/** Prints lines that are safe to show, and may have colours. */
export async function printTable(lines: readonly string[], { stdout }: Io): Promise<void> {
  await stdout.write(lines.map((line) => `${line}\n`).join(''), 'our own');
}
