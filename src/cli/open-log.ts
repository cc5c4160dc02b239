import { FloatgateError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { createLog, type Log } from '../observe/log.ts';
import { cannotLogTo } from '../observe/log-file.ts';
import type { Io } from './io.ts';

/** What is wrong with the log file, as far as it shows without making it. */
export function logFileProblems({ config, place }: LoadedConfig): readonly Problem[] {
  const message = config.log.file === undefined ? undefined : cannotLogTo(config.log.file);
  return message === undefined ? [] : [{ place: place(['log', 'file']), message }];
}

/** The log, which a crash is written to from then on, or what is wrong with its file. */
export function openLog(loaded: LoadedConfig, verbosity: 'quiet' | 'verbose', io: Io): Log | Problem {
  const { level, file } = loaded.config.log;
  try {
    const { fd, style, colours } = io.stderr;
    const log = createLog({ level, fd, style, colours, verbosity, ...(file !== undefined && { file }) });
    io.useLog(log);
    return log;
  } catch (error) {
    if (error instanceof FloatgateError) return { place: loaded.place(['log', 'file']), message: error.message };
    throw error;
  }
}
