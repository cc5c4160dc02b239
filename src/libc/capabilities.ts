import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { errnoName } from './errno.ts';

/** Sets of capabilities as bits (capabilities(7)). */
export type Capabilities = bigint;

/** CAP_NET_BIND_SERVICE: ports below 1024. */
export const netBindService: Capabilities = 1n << 10n;

/**
 * What any thread of this process may do, or may get by execve(2): each thread has its own capabilities. `undefined`
 * where /proc does not show them.
 */
export function heldCapabilities(proc = '/proc/self'): Capabilities | undefined {
  try {
    let held = 0n;
    for (const thread of readdirSync(`${proc}/task`)) {
      const status = readFileSync(`${proc}/task/${thread}/status`, 'utf8');
      for (const [, bits] of status.matchAll(/^Cap(?:Inh|Prm|Eff|Amb):\s*([\da-f]+)$/gm)) held |= BigInt(`0x${bits}`);
    }
    return held;
  } catch {
    return undefined;
  }
}

/** The program that goes on with fewer capabilities. */
export interface Program {
  /** Absolute path. */
  readonly file: string;
  /** The name of the program first. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Descriptors that it inherits besides 0 to 2. */
  readonly descriptors: readonly number[];
  /** Files that it must be able to read: they are tried before a capability is given up. */
  readonly needs: readonly string[];
}

const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** _LINUX_CAPABILITY_VERSION_3: two words of 32 bits for each set. */
const version3 = 0x2008_0522;
const lastCapability = 63;
const F_SETFD = 2;
const inheritable = 0;

/**
 * Starts this process anew (execve(2)) with the capabilities `kept` and no others. Giving them up in place is not
 * enough: threads of V8 and libuv run already, and capset(2) affects the calling thread alone. The process keeps its
 * id, its descriptors 0 to 2 and its working directory.
 * @returns why that is not possible; the process goes on as it was then. Does not return where it is possible.
 */
export function restartWithCapabilities(kept: Capabilities, program: Program): string {
  let calls: Calls;
  try {
    calls = bind(createRequire(import.meta.url)('koffi'));
  } catch {
    return 'the optional package koffi, which is needed to give them up, cannot be loaded';
  }
  const before = calls.capget();
  if (typeof before === 'string') return before;
  const none = { ...before, effective: 0n };
  const unreadable = calls.capset(none) ?? program.needs.find((file) => !isReadable(file));
  calls.capset(before);
  if (unreadable !== undefined)
    return `without them ${unreadable} could not be read; install it where root may read it`;

  // With no_new_privs, execve(2) gives root no more than it had before; the bounding set alone would need CAP_SETPCAP.
  const refused = calls.prctl(PR_SET_NO_NEW_PRIVS, 1);
  if (refused !== undefined) return `prctl fails: ${refused}`;
  for (let capability = 0; capability <= lastCapability; capability += 1)
    if ((kept & (1n << BigInt(capability))) === 0n) calls.prctl(PR_CAPBSET_DROP, capability);
  calls.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  const left = before.permitted & kept;
  const failed = calls.capset({ effective: left, permitted: left, inheritable: left });
  if (failed !== undefined) return `capset fails: ${failed}`;
  // Node has set FD_CLOEXEC on all that it was started with (uv_disable_stdio_inheritance).
  for (const fd of [0, 1, 2, ...program.descriptors]) calls.setDescriptorFlags(fd, inheritable);
  return `execve fails: ${calls.execve(program)}`;
}

/** By the effective set of this thread. */
function isReadable(file: string): boolean {
  try {
    closeSync(openSync(file, 'r'));
    return true;
  } catch {
    return false;
  }
}

interface Sets {
  readonly effective: Capabilities;
  readonly permitted: Capabilities;
  readonly inheritable: Capabilities;
}

/** Each returns the name of the errno where it fails. */
interface Calls {
  prctl(operation: number, argument: number): string | undefined;
  capget(): Sets | string;
  capset(sets: Sets): string | undefined;
  setDescriptorFlags(fd: number, flags: number): void;
  execve(program: Program): string;
}

function bind(ffi: typeof koffi): Calls {
  const own = ffi.load(null);
  const prctl = own.func('int prctl(int, size_t, size_t, size_t, size_t)');
  const capget = own.func('int capget(void *, void *)');
  const capset = own.func('int capset(void *, void *)');
  const fcntl = own.func('int fcntl(int, int, intptr_t)');
  const execve = own.func('int execve(const char *, const char **, const char **)');
  const failure = (result: number): string | undefined => (result === -1 ? errnoName(ffi.errno()) : undefined);
  return {
    prctl: (operation, argument) => failure(prctl(operation, argument, 0, 0, 0)),
    capget() {
      const words = new Uint32Array(6);
      const failed = failure(capget(Uint32Array.of(version3, 0), words));
      if (failed !== undefined) return `capget fails: ${failed}`;
      const set = (at: number): bigint => BigInt(words[at] ?? 0) | (BigInt(words[at + 3] ?? 0) << 32n);
      return { effective: set(0), permitted: set(1), inheritable: set(2) };
    },
    capset({ effective, permitted, inheritable }) {
      const sets = [effective, permitted, inheritable];
      const words = [...sets, ...sets.map((set) => set >> 32n)].map((set) => Number(set & 0xffff_ffffn));
      return failure(capset(Uint32Array.of(version3, 0), Uint32Array.from(words)));
    },
    setDescriptorFlags(fd, flags) {
      fcntl(fd, F_SETFD, flags);
    },
    execve({ file, words, environment }) {
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`);
      return failure(execve(file, [...words, null], [...variables, null])) ?? 'nothing';
    },
  };
}
