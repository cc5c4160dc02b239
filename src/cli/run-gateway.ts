import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import { localSubnet } from '../cloud/local-subnet.ts';
import { lookUpLocalAddress } from '../cloud/metadata.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Log } from '../observe/log.ts';
import { buildPlan, findProblems } from '../plan/build-plan.ts';
import type { Arguments } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { logFileProblems, openLog } from './open-log.ts';
import { pasteCommands } from './paste-commands.ts';
import { refuse, tellWarnings } from './refuse.ts';
import { lastWords, serve } from './serve.ts';
import { type StopSignals, stopSignals } from './stop-signals.ts';
import { readySummary } from './summary.ts';

export type GatewayCommand =
  | { readonly command: 'up' }
  | { readonly command: 'forward'; readonly forwards: readonly string[] };

/** `up` and `forward`: configuration -> plan -> gateway, until a signal ends it. */
export async function runGateway(what: GatewayCommand, given: Arguments, io: Io): Promise<ExitCode> {
  const { positionals: _, switches, ...sources } = given;
  const loaded = loadConfig({ ...what, ...sources, environment: io.environment });
  const on = (flag: 'skip-busy' | 'verbose') => switches.has(flag) || loaded.switches.has(flag);

  const facts = readMachineFacts(await findSplice(loaded.config.engine));
  // Before anything is started, and before the metadata service is waited for.
  const problems = [...findProblems(loaded, facts), ...logFileProblems(loaded)];
  if (problems.length > 0) {
    await tellWarnings(loaded, io);
    return await refuse(problems, io);
  }
  const log = openLog(loaded, on('verbose') ? 'verbose' : 'quiet', io);
  if ('place' in log) {
    await tellWarnings(loaded, io);
    return await refuse([log], io);
  }
  for (const warning of loaded.warnings) log.logger.warn(warning);

  const signals = stopSignals(io, log);
  try {
    const network = await findNetwork(loaded, facts, log, signals);
    if (network.kind === 'stopped') return 0;
    if (network.kind === 'failed') {
      log.logger.error(network.message);
      await log.drained(lastWords);
      return 1;
    }
    const plan = buildPlan(loaded, facts, network.kind === 'found' ? network : undefined);
    if (!plan.ok) {
      // Before a write that waits for its reader: a signal must be able to end that.
      signals.dispose();
      return await refuse(plan.problems, io);
    }
    return await serve(plan.value, {
      io,
      log,
      signals,
      busyPorts: on('skip-busy') ? 'skip' : 'fail',
      wayOut: 'free their ports, or serve the rest with --skip-busy',
      summary: (gateway) =>
        readySummary({
          plan: plan.value,
          gateway,
          commands: (served) => pasteCommands(served, facts),
          style: io.stdout.style,
        }),
    });
  } finally {
    signals.dispose();
    log.flush();
  }
}

type Network =
  | { readonly kind: 'not asked' }
  | { readonly kind: 'found'; readonly subnet: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'stopped' };

async function findNetwork(
  { config }: LoadedConfig,
  facts: MachineFacts,
  { logger }: Log,
  signals: StopSignals,
): Promise<Network> {
  if (config.gateway?.subnet !== 'metadata') return { kind: 'not asked' };
  const answer = await lookUpLocalAddress({
    timeout: config.timeouts.metadata,
    onTry: (line) => logger.warn(line),
    signal: signals.stop,
  });
  if (answer.kind === 'aborted') return { kind: 'stopped' };
  if (answer.kind === 'gave up') return { kind: 'failed', message: answer.message };
  const { subnet, how } = localSubnet(answer.address, facts.addresses);
  logger.info(`the metadata service says ${answer.address}; ${how}`);
  return { kind: 'found', subnet };
}
