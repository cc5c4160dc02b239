import { readMachineFacts } from '../base/machine-facts.ts';
import { configFileOf, type LoadedConfig, readConfig } from '../config/read-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Log } from '../observe/log.ts';
import { buildPlan, findProblems } from '../plan/build-plan.ts';
import type { Arguments } from './command.ts';
import { type FindNetworkOptions, findNetwork } from './find-network.ts';
import type { ExitCode, Io } from './io.ts';
import { networkUp } from './network-up.ts';
import { logFileProblems, logsToStderr, openLog } from './open-log.ts';
import { pasteCommands } from './paste-commands.ts';
import { planSource } from './plan-source.ts';
import { readContent } from './read-sources.ts';
import { printErrors, printWarnings, refuse } from './refuse.ts';
import { lastWords, serve, summaryIsBeside } from './serve.ts';
import { type StopSignals, stopSignals } from './stop-signals.ts';
import { readySummary } from './summary.ts';

export type GatewayCommand =
  | { readonly command: 'up' }
  | { readonly command: 'forward'; readonly forwards: readonly string[] };

/** `up` and `forward`: configuration -> plan -> gateway, until a signal ends it. */
export async function runGateway(what: GatewayCommand, given: Arguments, io: Io): Promise<ExitCode> {
  const { positionals: _, options: __, switches, ...words } = given;
  const sources = { ...what, ...words, environment: io.environment };
  const content = await readContent(sources);
  const read = readConfig({ ...sources, content });
  if (!read.ok) {
    await printWarnings(read, io, read.logFormat);
    return await refuse(read.problems, io, read.logFormat);
  }
  const loaded = read.value;
  const on = (flag: 'skip-busy' | 'verbose' | 'watch') => switches.has(flag) || loaded.switches.has(flag);

  const splice = await findSplice(loaded.config.engine);
  const readFacts = (open?: number) => readMachineFacts(splice, open);
  const atStart = readFacts();
  // Found before anything is started, and before the wait for the network or the metadata service.
  const problems = [...findProblems(loaded, atStart), ...logFileProblems(loaded)];
  const waits = loaded.config.timeouts.network > 0;
  if (problems.some(({ networkNotUp }) => !waits || networkNotUp === undefined)) {
    await printWarnings(read, io, read.logFormat);
    return await refuse(problems, io, read.logFormat);
  }
  const log = openLog(loaded, on('verbose') ? 'verbose' : 'quiet', io);
  if ('place' in log) {
    await printWarnings(read, io, read.logFormat);
    return await refuse([log], io, read.logFormat);
  }
  const notes = io.rootWarning === undefined ? [] : [io.rootWarning];
  const unwatched =
    on('watch') && content === undefined ? ['--watch has no effect: no configuration file is named'] : [];
  for (const warning of [...read.warnings, ...notes, ...unwatched]) log.logger.warn(warning);

  const signals = stopSignals(io, log);
  // While nothing is served, there is nothing to drain.
  const ended = AbortSignal.any([signals.stop, signals.drain]);
  try {
    const up = await networkUp(loaded, {
      facts: atStart,
      readFacts,
      onWait: (line) => log.logger.warn(line),
      signal: ended,
    });
    const found = up.kind === 'up' ? await findNetwork(loaded, networkPatience(loaded, log, ended)) : up;
    if (found.kind === 'stopped') return 0;
    if (found.kind === 'failed') return await fail(found.message, { loaded, io, log, signals });
    // Addresses may have come up during the wait for the metadata service.
    const facts = up.kind === 'up' && found.kind === 'not needed' ? up.facts : readFacts();
    const network = found.kind === 'found' ? found : undefined;
    const plan = buildPlan(loaded, facts, network);
    if (!plan.ok) {
      // Before a write that waits for its reader: a signal must be able to end that.
      signals.dispose();
      return await refuse(plan.problems, io, read.logFormat);
    }
    return await serve(plan.value, {
      io,
      log,
      signals,
      busyPorts: on('skip-busy') ? 'skip' : 'fail',
      advice: (rest) => `free their ports${rest === 'nothing' ? '' : ', or serve the rest with --skip-busy'}`,
      format: loaded.config.log.format,
      source: planSource(sources, { first: { loaded, facts, network, content }, shown: read.warnings, readFacts }),
      as: { command: what.command, file: configFileOf(sources), watched: on('watch') ? content : undefined },
      summary: (gateway) =>
        readySummary({
          plan: plan.value,
          gateway,
          commands: (served) => pasteCommands(served, facts),
          output: io.stdout,
          notes,
          log: summaryIsBeside({ io, log }) ? 'beside' : 'elsewhere',
        }),
    });
  } finally {
    signals.dispose();
    log.flush();
  }
}

function networkPatience({ config }: LoadedConfig, { logger }: Log, signal: AbortSignal): FindNetworkOptions {
  const { metadata, network } = config.timeouts;
  return {
    timeout: Math.max(metadata, network),
    tries: 'until the time is over',
    onLine: (level, line) => logger[level](line),
    signal,
  };
}

interface Failing {
  readonly loaded: LoadedConfig;
  readonly io: Io;
  readonly log: Log;
  readonly signals: StopSignals;
}

/** Logs the message. It is printed on stderr, too, where the log does not reach it. */
async function fail(message: string, { loaded, io, log, signals }: Failing): Promise<ExitCode> {
  log.logger.error(message);
  await log.drained(lastWords);
  // Nothing is served: a signal may end a write that waits for its reader.
  signals.dispose();
  const { file, format } = loaded.config.log;
  if (!logsToStderr(file) || !log.logger.isLevelEnabled('error')) await printErrors([message], io, format);
  return 1;
}
