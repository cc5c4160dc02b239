import { FloatgateError } from '../base/errors.ts';
import { demoSubnet } from '../demo/demo-hosts.ts';
import { type PreparedDemo, prepareDemo } from '../demo/prepare-demo.ts';
import type { PlanSource } from '../gateway/plan-source.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { type Command, settingsNamed, verbose } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { openLog } from './open-log.ts';
import { printMessages } from './print-messages.ts';
import { refuse } from './refuse.ts';
import { serve, summaryIsBeside } from './serve.ts';
import { type StopSignals, stopSignals } from './stop-signals.ts';
import { readySummary } from './summary.ts';

export const demo: Command = {
  name: 'demo',
  positionals: '',
  brief: 'See it work on this machine alone',
  summary: 'Show the whole job on this machine alone: a subnet of small hosts on loopback behind a real gateway',
  settings: settingsNamed('hosts', 'service', 'control', 'instance', 'log-level'),
  switches: [verbose],
  config: 'takes no file',
  examples: [
    ['demo', `Hosts ${demoSubnet}, which greet`],
    ['demo --hosts 1-20', 'Fewer hosts'],
    ['demo --service ssh=20000:22', 'Another port, one service'],
  ],
  async run(given, io) {
    const signals = stopSignals(io);
    try {
      const prepared = await prepareDemo({ ...socketFlags(io.environment), ...given.flags });
      if (!prepared.ok) {
        signals.dispose();
        return await refuse(prepared.problems, io);
      }
      const verbosity = given.switches.has('verbose') ? 'verbose' : 'quiet';
      return await serveDemo(prepared.value, verbosity, io, signals);
    } catch (error) {
      if (!(error instanceof FloatgateError)) throw error;
      await printMessages([error.message], io.stderr);
      return 1;
    } finally {
      signals.dispose();
    }
  },
};

/** The rest of the environment is for real gateways. */
function socketFlags({ FLOATGATE_CONTROL: control, FLOATGATE_INSTANCE: instance }: Io['environment']) {
  return { ...(control && { control }), ...(instance && { instance }) };
}

async function serveDemo(
  prepared: PreparedDemo,
  verbosity: 'quiet' | 'verbose',
  io: Io,
  signals: StopSignals,
): Promise<ExitCode> {
  const { plan, loaded } = prepared;
  const notes = io.rootWarning === undefined ? [] : [io.rootWarning];
  try {
    const log = openLog(loaded, verbosity, io);
    if ('place' in log) return await refuse([log], io);
    for (const warning of notes) log.logger.warn(warning);
    signals.logTo(log);
    return await serve(plan, {
      io,
      log,
      signals,
      busyPorts: 'fail',
      source: demoSource(prepared),
      as: { command: 'demo' },
      advice: () => 'free their ports, or choose others with --service, like --service ssh=20000:22',
      summary: (gateway) =>
        readySummary({
          plan,
          gateway,
          commands: demoCommands,
          output: io.stdout,
          notes,
          log: summaryIsBeside({ io, log }) ? 'beside' : 'elsewhere',
        }),
    });
  } finally {
    await prepared.close();
  }
}

/** A demo has no file: what can change are the forwards that are added while it runs. */
function demoSource({ replan }: PreparedDemo): PlanSource {
  return {
    async plan(_, added) {
      const planned = replan(added);
      return planned.ok ? { ...planned, ...planned.value, warnings: [], accept() {} } : planned;
    },
  };
}

/** One command per service, for host 16 where there is one, and what to read next. */
function demoCommands(plan: Plan): readonly string[] {
  const commands = plan.services.flatMap(({ name }) => {
    const listeners = plan.listeners.filter((listener) => listener.name === name);
    const listener = listeners.find(({ host }) => host === 16) ?? listeners[0];
    return listener === undefined ? [] : [demoCommand(listener)];
  });
  return [...commands, 'floatgate help start'];
}

function demoCommand({ name, bind: { address, port } }: PlannedListener): string {
  if (name === 'ssh') return `ssh -p ${port} demo@${address}`;
  return name === 'https' ? `curl -k https://${address}:${port}/` : `curl http://${address}:${port}/`;
}
