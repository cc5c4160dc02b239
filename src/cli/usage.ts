import { FloatgateError } from '../base/errors.ts';
import { nearest } from '../config/nearest.ts';

/** Wrong usage: the message is for the person who typed it, and the process ends with 2. */
export class UsageError extends FloatgateError {
  constructor(message: string) {
    super('USAGE', message);
    this.name = 'UsageError';
  }
}

/** `flags` are the command's own, without dashes. */
export function unknownFlag(key: string, command: string, flags: readonly string[]): string {
  const typed = key.length === 1 ? `-${key}` : `--${key}`;
  return `Cannot use ${typed}: 'floatgate ${command}' has no such flag; ${suggestion(
    nearest(key, flags),
    (near) => `--${near}`,
    `'floatgate ${command} --help' lists them`,
  )}`;
}

export function unknownCommand(word: string, commands: readonly string[]): UsageError {
  // The tutorial's habit of typing a rule first: `floatgate 8080=10.0.0.5:80`.
  if (word.includes('=')) return new UsageError(`Cannot run ${word}: write 'floatgate forward ${word}'`);
  return new UsageError(
    `Cannot run ${word}: there is no such command; ${suggestion(
      nearest(word, commands),
      (near) => `'floatgate ${near}'`,
      "'floatgate --help' lists them",
    )}`,
  );
}

export function unexpectedWord(word: string, command: string): string {
  const advice = word.includes('=') ? `'floatgate forward ${word}' does` : 'leave it out';
  return `Cannot use ${word}: 'floatgate ${command}' takes no such argument; ${advice}`;
}

function suggestion(near: string | undefined, show: (near: string) => string, otherwise: string): string {
  return near === undefined ? otherwise : `did you mean ${show(near)}?`;
}
