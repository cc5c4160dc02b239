/** `npm run stress`: floatgate at its session limit and beyond, with 762 listeners. See bench/README.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from './flags.ts';
import { findField } from './peers/field.ts';
import { peerStarters } from './peers/peer-starters.ts';
import type { Children } from './process/children.ts';
import { hardDescriptorLimit } from './process/proc.ts';
import { floatgateMain, projectRoot, projectVersion } from './process/project.ts';
import { runToTheEnd } from './process/run-to-the-end.ts';
import { openWorkshop } from './process/workshop.ts';
import { Progress } from './progress.ts';
import { machineLine, thisMachine } from './report/machine.ts';
import { readable, type Summary, summarise } from './report/statistics.ts';
import { type Check, type Climb, climb } from './stress/climb.ts';
import { type GatewayOptions, spawnGateway, startGateway } from './stress/gateway.ts';
import { type Layout, layout } from './stress/layout.ts';
import { measureStartUp } from './stress/start-up.ts';

const help = `npm run stress -- [flags]

  --rounds N         starts of floatgate and HAProxy of which the median is taken (default 5; 0 leaves them out)
  --one-listener     all sessions through one listener, whose share is lifted by --per-listener
  --descriptors N    descriptor limit of the gateway (default 20000, or what is allowed if that is less)
  --engine NAME      auto, splice or stream, as for floatgate (default auto)
  --floatgate FILE   another build's floatgate.cjs (default dist/floatgate.cjs)
  --results DIR      where the JSON goes (default bench/results)
  --help
`;

/** What issue and README promise where this many descriptors are allowed. */
const promised = { descriptors: 20_000, sessions: 9_000 };

async function stress(children: Children): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      'one-listener': { type: 'boolean', default: false },
      descriptors: { type: 'string', default: String(promised.descriptors) },
      engine: { type: 'string', default: 'auto' },
      floatgate: { type: 'string' },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const rounds = wholeNumber('--rounds', values.rounds, 0, 100);
  const wanted = wholeNumber('--descriptors', values.descriptors, 2_000, 20_000);
  const descriptors = Math.min(wanted, hardDescriptorLimit());
  const main = floatgateMain(values.floatgate);
  const options: GatewayOptions = { main, descriptors, ...engineNamed(values.engine) };
  const place = await layout();
  const progress = new Progress();

  const startUp = rounds === 0 ? undefined : await startUpBesideHaproxy(place, options, rounds, children, progress);
  progress.clear();
  if (startUp !== undefined) process.stdout.write(`${startUpLines(startUp, rounds)}\n`);

  const one = values['one-listener'];
  const share = one ? await wholeShare(place, options, children) : {};
  const gateway = await startGateway(place, { ...options, ...share }, children);
  const result = await climb(gateway, place, one ? place.listeners.slice(0, 1) : place.listeners, children, progress);
  const exitCode = await gateway.stop();
  progress.clear();
  const checks: Check[] = [
    {
      what: `${place.listeners.length} listeners were up`,
      holds: gateway.listeners === place.listeners.length,
      seen: String(gateway.listeners),
    },
    ...(options.engine === undefined
      ? []
      : [{ what: `it serves with ${options.engine}`, holds: result.engine === options.engine, seen: result.engine }]),
    ...(descriptors < promised.descriptors
      ? []
      : [
          {
            what: `at least ${promised.sessions} sessions where ${promised.descriptors} descriptors are allowed`,
            holds: result.sessions >= promised.sessions,
            seen: String(result.sessions),
          },
        ]),
    ...result.checks,
    { what: 'the gateway ends on SIGTERM with exit code 0', holds: exitCode === 0, seen: String(exitCode) },
  ];
  process.stdout.write(`${climbLines(result)}\n${checkLines(checks)}\n`);

  const folder = resolve(values.results ?? join(projectRoot(), 'bench', 'results'));
  mkdirSync(folder, { recursive: true });
  const asUsersRunIt = values.floatgate === undefined && values.engine === 'auto' && !one;
  const whole = rounds >= 5 && asUsersRunIt && descriptors === promised.descriptors;
  const file = join(folder, whole ? 'stress.json' : 'stress-partial.json');
  const report = {
    date: new Date().toISOString(),
    version: projectVersion(),
    machine: thisMachine(),
    descriptors,
    ...(startUp === undefined ? {} : { startUp: { rounds, seconds: startUp } }),
    climb: { ...result, checks },
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${relative(process.cwd(), file)}\n`);
  return checks.every(({ holds }) => holds) ? 0 : 1;
}

/** The engine of --engine; `auto` is what floatgate takes without the flag. */
function engineNamed(name: string): Pick<GatewayOptions, 'engine'> {
  if (name === 'auto') return {};
  if (name === 'splice' || name === 'stream') return { engine: name };
  throw new Error(`Cannot use --engine ${name}: there is no such engine; write auto, splice or stream`);
}

/** Seconds from starting the process until every listener listens. */
interface StartUp {
  readonly floatgate: Summary;
  /** Absent when HAProxy is not installed. */
  readonly haproxy?: Summary;
}

async function startUpBesideHaproxy(
  place: Layout,
  options: GatewayOptions,
  rounds: number,
  children: Children,
  progress: Progress,
): Promise<StartUp> {
  const field = await findField(['haproxy'], openWorkshop(children), children);
  const [beside] = peerStarters(field.forwarders, place, children);
  const own = { name: 'floatgate', spawn: () => spawnGateway(place, options, children) };
  const starters = beside === undefined ? [own] : [own, beside];
  const times = await measureStartUp(place.listeners, starters, rounds, children, progress);
  const summary = (name: string | undefined): Summary | undefined => {
    const starts = times.get(name ?? '');
    if (starts?.kind === 'failed') throw new Error(starts.why);
    return summarise(starts?.seconds ?? []);
  };
  const [floatgate, haproxy] = [summary(own.name), summary(beside?.name)];
  if (floatgate === undefined) throw new Error('Cannot show the time to start: there was no round');
  return haproxy === undefined ? { floatgate } : { floatgate, haproxy };
}

/** What lets one listener take every session: the limit is only known once the gateway has worked it out. */
async function wholeShare(
  place: Layout,
  options: GatewayOptions,
  children: Children,
): Promise<{ perListener: number }> {
  const gateway = await startGateway(place, options, children);
  await gateway.stop();
  return { perListener: gateway.sessions };
}

function startUpLines({ floatgate, haproxy }: StartUp, rounds: number): string {
  return [
    `floatgate ${projectVersion()}, ${machineLine(thisMachine())}`,
    '',
    `From start to 762 listeners ready, s: median of ${rounds} interleaved starts [lowest .. highest]`,
    `  floatgate  ${spread(floatgate)}`,
    `  haproxy    ${haproxy === undefined ? 'not measured: it is not installed' : spread(haproxy)}`,
    '',
  ].join('\n');
}

function spread({ median, min, max }: Summary): string {
  return `${median.toFixed(3)} [${min.toFixed(3)} .. ${max.toFixed(3)}]`;
}

function climbLines(result: Climb): string {
  const each = Math.ceil(result.sessions / result.listeners);
  const share =
    result.listeners > 1
      ? `spread over ${result.listeners} listeners, at most ${each} each; one listener alone may take ` +
        `${result.perListener} (--one-listener lifts that by --per-listener)`
      : `all through one listener, whose share was lifted by --per-listener (now ${result.perListener})`;
  const queue = result.engine === 'stream' ? 'the waiting room' : "the kernel's queues";
  const rate = readable(result.sessions / result.setUpSeconds);
  const { before, full, after } = result.descriptors;
  const recovery = readable(result.recoverSeconds * 1000);
  return [
    `Engine            ${result.engine}`,
    `Session limit     ${result.explanation || result.sessions}`,
    `How they came     ${share}`,
    `Set-up            ${rate} sessions/s, each with its echo (${readable(result.setUpSeconds)} s)`,
    `RSS per session   ${readable(result.rssPerSession / 1024)} KiB`,
    `Descriptors       ${before} before, ${full} at the limit, ${after} after`,
    `Echo on all       ${readable(result.echoSeconds)} s at the limit`,
    `Beyond            ${result.beyond} clients more, in ${queue}`,
    `Time to recover   ${recovery} ms from the first of ${result.beyond} leaving to the last waiting one served`,
    `Time to empty     ${readable(result.emptySeconds)} s after all left`,
    '',
  ].join('\n');
}

function checkLines(checks: readonly Check[]): string {
  return checks.map(({ what, holds, seen }) => `  ${holds ? 'holds ' : 'BROKEN'}  ${what} (${seen})`).join('\n');
}

await runToTheEnd(stress);
