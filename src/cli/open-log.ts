import { FloatgateError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { createLog, type Log, type LogOptions } from '../observe/log.ts';
import { cannotLogTo, standardOutput } from '../observe/log-file.ts';
import type { Io, Output } from './io.ts';

/** What is wrong with the log file, as far as it shows without creating it. */
export function logFileProblems({ config, place }: LoadedConfig): readonly Problem[] {
  const message = config.log.file === undefined ? undefined : cannotLogTo(config.log.file);
  return message === undefined ? [] : [{ place: place(['log', 'file']), message }];
}

/** The log, which crashes are written to from then on, or what is wrong with its file. */
export function openLog(loaded: LoadedConfig, verbosity: 'quiet' | 'verbose', io: Io): Log | Problem {
  const { level, format, quiet } = loaded.config.log;
  const to = destination(loaded, io);
  try {
    const log = createLog({
      level,
      ...(typeof to === 'string' ? { file: to } : { fd: to.fd, colours: to.colours, columns: () => to.columns() }),
      style: styleOf(format, to),
      verbosity,
      byteless: quiet ? 'counted' : 'each',
    });
    io.useLog(log);
    return log;
  } catch (error) {
    if (error instanceof FloatgateError) return { place: loaded.place(['log', 'file']), message: error.message };
    throw error;
  }
}

/** Whether a person or program that reads stderr sees the log. */
export function logsToStderr(file: string | undefined): boolean {
  return file === undefined || standardOutput(file) === 'stderr';
}

function destination({ config: { log } }: LoadedConfig, { stdout, stderr }: Io): Output | string {
  if (log.file === undefined) return stderr;
  const output = standardOutput(log.file);
  if (output === undefined) return log.file;
  return output === 'stdout' ? stdout : stderr;
}

function styleOf(format: 'auto' | 'text' | 'json', to: Output | string): LogOptions['style'] {
  const terminal = typeof to === 'object' && to.style === 'terminal';
  if (format === 'json' || (format === 'auto' && !terminal)) return 'json';
  return terminal ? 'terminal' : 'text';
}
