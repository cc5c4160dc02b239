/**
 * Runs a command to which the kernel refuses IPv6 sockets with EAFNOSUPPORT, though IPv6 is there, as systemd's
 * RestrictAddressFamilies=AF_INET does. The process id stays the command's.
 * usage: without-ipv6.js COMMAND [ARGUMENT...]
 */
import koffi from 'koffi';

/** Numbers of socket(2), by architecture as Node calls it: <asm/unistd.h>. */
const socketCalls: Readonly<Record<string, number>> = { x64: 41, arm64: 198, riscv64: 198, loong64: 198 };
const AF_INET6 = 10;
const EAFNOSUPPORT = 97;
/** <linux/prctl.h>, <linux/seccomp.h>. */
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
/** <fcntl.h>. */
const F_SETFD = 2;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ERRNO = 0x0005_0000;
const SECCOMP_RET_ALLOW = 0x7fff_0000;
/** <linux/filter.h>: load a word of struct seccomp_data, jump if equal, return. */
const load = 0x20;
const jumpIfEqual = 0x15;
const giveBack = 0x06;
/** Where struct seccomp_data has the call's number, and the lower half of its first argument (little-endian). */
const callAt = 0;
const firstArgumentAt = 16;

const [command, ...args] = process.argv.slice(2);
const socketCall = socketCalls[process.arch];
if (command === undefined || socketCall === undefined) throw new Error(`Cannot make a filter for ${process.arch}`);

/** Code, steps where true and false, constant; 8 bytes each. */
const instructions = [
  [load, 0, 0, callAt],
  [jumpIfEqual, 0, 3, socketCall],
  [load, 0, 0, firstArgumentAt],
  [jumpIfEqual, 0, 1, AF_INET6],
  [giveBack, 0, 0, SECCOMP_RET_ERRNO | EAFNOSUPPORT],
  [giveBack, 0, 0, SECCOMP_RET_ALLOW],
] as const;
const filter = Buffer.allocUnsafeSlow(8 * instructions.length);
instructions.forEach(([code, whereTrue, whereFalse, constant], index) => {
  const at = 8 * index;
  filter.writeUInt16LE(code, at);
  filter.writeUInt8(whereTrue, at + 2);
  filter.writeUInt8(whereFalse, at + 3);
  filter.writeUInt32LE(constant, at + 4);
});
/** struct sock_fprog: how many, six bytes of nothing, and where. */
const program = Buffer.allocUnsafeSlow(16).fill(0);
program.writeUInt16LE(instructions.length, 0);
program.writeBigUInt64LE(BigInt(koffi.address(filter)), 8);

const libc = koffi.load(null);
const prctl = libc.func('prctl', 'int', ['int', 'uintptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t']);
const fcntl = libc.func('fcntl', 'int', ['int', 'int', 'intptr_t']);
const execvp = libc.func('execvp', 'int', ['str', 'const char **']);
if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) throw new Error('Cannot set no_new_privs');
// The filter is this thread's, which becomes the command.
if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, Number(koffi.address(program)), 0, 0) !== 0) {
  throw new Error('Cannot set the filter');
}
// Node has made them close at exec (uv_disable_stdio_inheritance).
for (const fd of [0, 1, 2]) fcntl(fd, F_SETFD, 0);
execvp(command, [command, ...args, null]);
throw new Error(`Cannot run ${command}: errno ${koffi.errno()}`);
