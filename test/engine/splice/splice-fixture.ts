import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Leg, Relay, RelayOptions } from '../../../src/engine/engine.ts';
import { chooseLoop, watchedLoop } from '../../../src/engine/loop.ts';
import { SpliceEngine } from '../../../src/engine/splice/splice-engine.ts';
import { SpliceLeg } from '../../../src/engine/splice/splice-leg.ts';
import { AF_INET, SOCK_STREAM, SOL_SOCKET } from '../../../src/libc/constants.ts';
import { type Libc, loadLibc } from '../../../src/libc/libc.ts';
import { writeSocketAddress } from '../../../src/libc/socket-address.ts';
import { type EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { Inbox, Peer, until } from '../../contract/peer.ts';
import type { Compiled } from '../../observe/compile.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
/** What calls return when descriptors are used up: the process's, or the machine's. */
export const EMFILE: number = -constants.errno.EMFILE;
export const ENFILE: number = -constants.errno.ENFILE;

/** The real C library. */
export const libc: Libc = loaded.libc;

export const openEngine = (over: Libc = libc, pipes = 32): SpliceEngine =>
  new SpliceEngine(over, chooseLoop(over), { pipes });

/** An engine in a loop that wakes it for its own events alone. */
export const openWatchedEngine = (over: Libc = libc): SpliceEngine =>
  new SpliceEngine(over, watchedLoop(over), { pipes: 32 });

/** Open sockets, pipes and epoll descriptors; vitest opens and closes files meanwhile. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /^(socket|pipe|anon_inode:\[eventpoll)/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

/** A libc that counts how often each call is made. */
export function counted(over: Libc = libc): { readonly libc: Libc; count(...names: (keyof Libc)[]): number } {
  const counts = new Map<PropertyKey, number>();
  const counting = new Proxy(over, {
    get(target, name: keyof Libc) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return target[name];
    },
  });
  return { libc: counting, count: (...names) => names.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0) };
}

/**
 * The uncaught exceptions until `condition` holds and the loop has turned twice more, instead of the end of the
 * process.
 */
export async function uncaughtUntil(condition: () => boolean): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  try {
    await until(condition, 'the exceptions');
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return uncaught;
}

export function fdOf(leg: Leg): number {
  if (!(leg instanceof SpliceLeg)) throw new TypeError('a leg of another engine');
  return leg.fd;
}

const scratch = libc.allocate(256);

/** An int that getsockopt(2) gives, or one of the ints of a larger structure. */
export function option(fd: number, level: number, name: number, at = 0): number {
  scratch.bytes.fill(0);
  scratch.bytes.writeInt32LE(at === 0 ? 4 : 104, 128);
  const result = libc.getsockopt(fd, level, name, scratch.address, scratch.address + 128);
  if (result < 0) throw new Error(`getsockopt: ${result}`);
  return scratch.bytes.readInt32LE(at);
}

/** A client on 127.0.0.1 whose descriptor is known, perhaps with a receive buffer of so many bytes. */
export function rawClient(port: number, receiveBuffer?: number): { readonly fd: number; readonly peer: Peer } {
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
  if (receiveBuffer !== undefined) {
    scratch.bytes.writeInt32LE(receiveBuffer, 0);
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, scratch.address, 4);
  }
  const length = writeSocketAddress(scratch.bytes, '127.0.0.1', port);
  const result = libc.connect(fd, scratch.address, length);
  if (result < 0) throw new Error(`connect: ${result}`);
  return { fd, peer: new Peer(new Socket({ fd, readable: true, writable: true, allowHalfOpen: true })) };
}

const SO_RCVBUF = 8;

/** A session whose legs are known. */
export interface OpenSession {
  readonly client: Peer;
  readonly target: Peer;
  readonly clientLeg: Leg;
  readonly targetLeg: Leg;
  readonly relay: Relay;
}

export async function joinLegs(fixture: EngineFixture, options: RelayOptions = longTimeouts): Promise<OpenSession> {
  const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
  if (!dialed.ok) throw new Error(`dial: ${dialed.reason}`);
  const relay = fixture.engine.relay(clientLeg, dialed.leg, options);
  onTestFinished(() => relay.kill('killed'));
  return { client, target, clientLeg, targetLeg: dialed.leg, relay };
}

/** A program in a process of its own, and what it prints. */
export interface Program {
  readonly child: ChildProcess;
  readonly lines: Inbox<string>;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  write(line: string): void;
}

const preamble = `
import { createInterface } from 'node:readline';
import { readdirSync, readlinkSync } from 'node:fs';
import { loadLibc } from './dist/libc/libc.js';
import { chooseLoop } from './dist/engine/loop.js';
import { SpliceEngine } from './dist/engine/splice/splice-engine.js';
const { libc } = await loadLibc();
const hour = 3_600_000;
const loopback = { address: '127.0.0.1', port: 0, dualStack: false };
const openEngine = () => new SpliceEngine(libc, chooseLoop(libc), { pipes: 1 });
const print = (...words) => console.log(words.join(' '));
const linkOf = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
const isSocket = (fd) => /^(socket|pipe|anon_inode:.eventpoll)/.test(linkOf(fd));
const openSockets = () => readdirSync('/proc/self/fd').filter(isSocket).length;
const onCommand = {};
const listenToParent = () => createInterface({ input: process.stdin }).on('line', (line) => onCommand[line]?.());
`;

let programs = 0;

/** Starts a program that imports the compiled engine; `prefix` may put it under a limit or in a namespace. */
export function startProgram(
  compiled: Compiled,
  source: string,
  prefix: readonly string[] = [],
  args: readonly string[] = [],
): Program {
  programs += 1;
  const file = join(compiled.folder, '..', `program-${programs}.js`);
  writeFileSync(file, preamble + source);
  const [command = process.execPath, ...rest] = [...prefix, process.execPath, '--expose-gc', file, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = new Inbox<string>();
  createInterface({ input: child.stdout }).on('line', (line) => lines.put(line));
  child.stdin.on('error', () => {});
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, lines, exit, write: (line) => child.stdin.write(`${line}\n`) };
}
