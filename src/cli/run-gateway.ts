import { readMachineFacts, readOwnAddresses } from '../base/machine-facts.ts';
import { localSubnet } from '../cloud/local-subnet.ts';
import { lookUpLocalAddress } from '../cloud/metadata.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Log } from '../observe/log.ts';
import { buildPlan, findProblems } from '../plan/build-plan.ts';
import type { Network } from '../plan/map-gateway.ts';
import type { Arguments } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { type NetworkUp, networkUp } from './network-up.ts';
import { logFileProblems, openLog } from './open-log.ts';
import { pasteCommands } from './paste-commands.ts';
import { loadSources } from './read-sources.ts';
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
  const loaded = await loadSources({ ...what, ...sources, environment: io.environment });
  const on = (flag: 'skip-busy' | 'verbose') => switches.has(flag) || loaded.switches.has(flag);

  const splice = await findSplice(loaded.config.engine);
  const readFacts = () => readMachineFacts(splice);
  const atStart = readFacts();
  // Before anything is started, and before the network or the metadata service is waited for.
  const problems = [...findProblems(loaded, atStart), ...logFileProblems(loaded)];
  const waits = loaded.config.timeouts.network > 0;
  if (problems.some(({ networkNotUp }) => !waits || networkNotUp === undefined)) {
    await tellWarnings(loaded, io);
    return await refuse(problems, io);
  }
  const log = openLog(loaded, on('verbose') ? 'verbose' : 'quiet', io);
  if ('place' in log) {
    await tellWarnings(loaded, io);
    return await refuse([log], io);
  }
  const notes = io.rootWarning === undefined ? [] : [io.rootWarning];
  for (const warning of [...loaded.warnings, ...notes]) log.logger.warn(warning);

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
    const network = up.kind === 'up' ? await findNetwork(loaded, log, ended) : up;
    if (network.kind === 'stopped') return 0;
    if (network.kind === 'failed') return await fail(network.message, { loaded, io, log, signals });
    // Addresses may have come up while the metadata service was waited for.
    const facts = up.kind === 'up' && network.kind === 'not asked' ? up.facts : readFacts();
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
          notes,
        }),
    });
  } finally {
    signals.dispose();
    log.flush();
  }
}

interface Failing {
  readonly loaded: LoadedConfig;
  readonly io: Io;
  readonly log: Log;
  readonly signals: StopSignals;
}

/** Where the log does not reach stderr, the message is printed there, too. */
async function fail(message: string, { loaded, io, log, signals }: Failing): Promise<ExitCode> {
  log.logger.error(message);
  await log.drained(lastWords);
  // Nothing is served: a signal may end a write that waits for its reader.
  signals.dispose();
  if (loaded.config.log.file !== undefined || !log.logger.isLevelEnabled('error'))
    await io.stderr.write(`${message}\n`);
  return 1;
}

type FoundNetwork =
  | { readonly kind: 'not asked' }
  | ({ readonly kind: 'found' } & Network)
  | Exclude<NetworkUp, { kind: 'up' }>;

async function findNetwork({ config }: LoadedConfig, { logger }: Log, signal: AbortSignal): Promise<FoundNetwork> {
  if (config.gateway?.subnet !== 'metadata') return { kind: 'not asked' };
  const answer = await lookUpLocalAddress({
    timeout: Math.max(config.timeouts.metadata, config.timeouts.network),
    locate: (address) => localSubnet(address, readOwnAddresses()),
    onTry: (line) => logger.warn(line),
    signal,
  });
  if (answer.kind === 'aborted') return { kind: 'stopped' };
  if (answer.kind === 'gave up') return { kind: 'failed', message: answer.message };
  const { address, network, publicAddress } = answer;
  const outside = publicAddress === undefined ? '' : `; ${publicAddress} leads here from outside`;
  logger.info(`the metadata service says ${address}; ${network.how}${outside}`);
  return {
    kind: 'found',
    subnet: network.subnet,
    publicAddresses: publicAddress === undefined ? [] : [publicAddress],
  };
}
