import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import { asNobody } from '../helpers/nobody.ts';
import { until, within } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import type { Fixture } from './fixture.ts';

/** Milliseconds from the start of node until it takes signals, on a quiet machine. */
const bound = 300;
/** Where SIGUSR1 has Node's debugger listen. */
const debuggerPort = 9_229;

/** Signals before the gateway serves: as PID 1, which loses those without a handler, and SIGUSR1, Node's own. */
export const signalsAtStart: Fault = {
  name: 'signals-at-start',
  title: 'signals while it starts',
  load: 'SIGTERM as PID 1, 20 starts as nobody and as root; SIGUSR1 at 20 moments of the first 150 ms',
  expected: 'SIGTERM ends it with 0, from 0.3 s after its start at the latest; no debugger listens on port 9229',
  needs: ['root'],
  async run(fixture) {
    const count = fixture.pick({ ci: 3, full: 20 });
    for (const user of ['nobody', 'root'] as const) {
      const taken: number[] = [];
      for (let turn = 0; turn < count; turn += 1) taken.push(await endedAsFirst(fixture, user, (turn / count) * 300));
      const latest = Math.round(Math.max(...taken));
      fixture.saw(`PID 1 takes SIGTERM ${Math.round(Math.min(...taken))} to ${latest} ms after its start as ${user}`);
      fixture.checkFigure(`within ${bound} ms as ${user}`, latest <= bound, latest);
    }
    const outcomes: Record<string, number> = {};
    for (let turn = 0; turn < count; turn += 1) {
      const outcome = await debuggerAfter(fixture, (turn / count) * 150);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    fixture.check('no debugger listens', outcomes['a debugger listens'] === undefined, outcomes);
    fixture.saw(
      `SIGUSR1: ${Object.entries(outcomes)
        .map(([name, times]) => `${name} ${times}x`)
        .join(', ')}`,
    );
  },
};

/** Most containers run as root, which starts anew once (`giveUpCapabilities`). */
type User = 'nobody' | 'root';

async function command({ main, engine }: Fixture, user: User): Promise<readonly [string, ...string[]]> {
  const { host, port } = await freeEndpoint();
  const words = ['forward', `${host}:${port}=127.0.0.1:1`, '--engine', engine];
  const started: [string, ...string[]] = ['setpriv', '--pdeathsig', 'KILL', '--', process.execPath, main, ...words];
  return user === 'root' ? started : asNobody(started);
}

/** Ends one as PID 1, `later` after it has begun to take signals; milliseconds from its start until then. */
async function endedAsFirst(fixture: Fixture, user: User, later: number): Promise<number> {
  const namespace = ['--pid', '--fork', '--kill-child', '--'];
  const child = fixture.children.spawn(
    'unshare',
    [...namespace, ...(await command(fixture, user))],
    ['ignore', 'ignore', 'ignore'],
  );
  const exit = exitOf(child);
  const first = await until('PID 1', () => childOf(child.pid));
  await until('node', () => linkOf(`/proc/${first}/exe`).includes('node'));
  const begun = performance.now();
  try {
    // Node itself catches SIGTERM, and loses it as PID 1. SIGHUP is caught by floatgate alone.
    await until('signals taken', () => catches(first, 1), 5_000);
    const taken = performance.now() - begun;
    await until('the moment', () => performance.now() - begun >= taken + later);
    process.kill(first, 'SIGTERM');
    const code = await within('the end', exit, 10_000);
    fixture.check('PID 1 ends with 0', code === 0, String(code));
    return taken;
  } catch (error) {
    process.kill(first, 'SIGKILL');
    await exit;
    throw error;
  }
}

async function debuggerAfter(fixture: Fixture, delay: number): Promise<string> {
  const [program, ...words] = await command(fixture, 'nobody');
  const child = fixture.children.spawn(program, words, ['ignore', 'pipe', 'ignore']);
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error('Cannot start floatgate: no process');
  const exit = exitOf(child);
  let ready = false;
  createInterface({ input: stdout }).on('line', () => {
    ready = true;
  });
  await until('node', () => linkOf(`/proc/${pid}/exe`).includes('node'));
  const begun = performance.now();
  await until('the moment', () => performance.now() - begun >= delay);
  child.kill('SIGUSR1');
  await until('the gateway ready or ended', () => ready || child.exitCode !== null || child.signalCode !== null);
  // Before Node has set up anything at all, the kernel ends it.
  if (child.exitCode !== null || child.signalCode !== null) return 'ended';
  // One that opens late is closed as it opens.
  const closed = await until('no debugger', () => !listens(pid, debuggerPort), 2_000).then(
    () => true,
    () => false,
  );
  await fixture.children.stop(child);
  await exit;
  return closed ? 'serves on' : 'a debugger listens';
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return once(child, 'exit').then(([code]) => code as number | null);
}

function childOf(pid: number | undefined): number | undefined {
  const [id] = textOf(`/proc/${pid}/task/${pid}/children`).split(' ');
  return id === undefined || id === '' ? undefined : Number(id);
}

function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s*(\w+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Whether this very process listens there: proc_net_tcp(5), state 0A. */
function listens(pid: number, port: number): boolean {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = textOf(`/proc/${pid}/net/tcp`)
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const inodes = rows.filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hexadecimal}`));
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  return inodes.some((row) => own.has(`socket:[${row[9]}]`));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
