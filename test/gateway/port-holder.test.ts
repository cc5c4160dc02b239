import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatPortHolder, readPortHolders } from '../../src/gateway/port-holder.ts';

const onLinux = it.runIf(process.platform === 'linux');

onLinux.each(['127.0.0.1', '0.0.0.0', '::'])(
  'names this process as the holder of a listener on %s',
  async (address) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ port: 0, host: address }, resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const holders = await readPortHolders([port]);
      const holder = holders.holderOf('127.0.0.1', port);
      expect(holder?.pid).toBe(process.pid);
      expect(holder?.command).not.toBe('');
      expect(holders.holderOf('::', port)?.pid).toBe(process.pid);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    expect((await readPortHolders([port])).holderOf('127.0.0.1', port)).toBeUndefined();
  },
);

onLinux('does not name a listener on another address', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address() as AddressInfo;
  try {
    expect((await readPortHolders([port])).holderOf('127.0.0.2', port)).toBeUndefined();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A line of /proc/net/tcp6 as a little-endian machine prints it. */
function line(address: string, port: number, state: string, inode: number): string {
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const queues = '00000000:00000000 00:00000000 00000000  1000        0';
  return `   0: ${local} ${'0'.repeat(32)}:0000 ${state} ${queues} ${inode} 1 0000000000000000 100 0 0 10 0\n`;
}

it.runIf(endianness() === 'LE')('reads IPv6 addresses, passes over TIME_WAIT, and prefers the listener', async () => {
  const proc = mkdtempSync(join(tmpdir(), 'floatgate-proc-'));
  try {
    mkdirSync(join(proc, 'net'));
    mkdirSync(join(proc, '812/fd'), { recursive: true });
    symlinkSync('socket:[77]', join(proc, '812/fd/9'));
    symlinkSync('/dev/null', join(proc, '812/fd/0'));
    writeFileSync(join(proc, '812/cmdline'), `nginx: master process\0${'x'.repeat(90)}\0`);
    const local = 'B80D0120000000000000000001000000';
    writeFileSync(
      join(proc, 'net/tcp6'),
      [
        '  sl  local_address\n',
        line(local, 80, '06', 0),
        line(local, 80, '01', 76),
        line(local, 80, '0A', 77),
        line(local, 81, '0A', 78),
      ].join(''),
    );
    const holders = await readPortHolders([80, 81], proc);
    const holder = holders.holderOf('2001:db8::1', 80);
    expect(holder?.pid).toBe(812);
    expect(holder === undefined ? '' : formatPortHolder(holder)).toMatch(/^nginx: master process x+\.\.\., pid 812$/);
    expect(holder?.command).toHaveLength(60);
    expect(holders.holderOf('::', 80)?.pid).toBe(812);
    expect(holders.holderOf('2001:db8::2', 80)).toBeUndefined();
    // Another user's process: the socket is seen, its owner is not.
    expect(holders.holderOf('2001:db8::1', 81)).toBeUndefined();
  } finally {
    rmSync(proc, { recursive: true });
  }
});

it.runIf(endianness() === 'LE').each([
  ['node\0/usr/lib/node_modules/floatgate/dist/floatgate.cjs\0up\0', 'floatgate'],
  ['/usr/local/bin/floatgate\0up\0', 'floatgate'],
  ['nginx: master process for floatgate.example\0', 'another'],
])('knows %j as %s', async (cmdline, program) => {
  const proc = mkdtempSync(join(tmpdir(), 'floatgate-proc-'));
  try {
    mkdirSync(join(proc, 'net'));
    mkdirSync(join(proc, '812/fd'), { recursive: true });
    symlinkSync('socket:[77]', join(proc, '812/fd/9'));
    writeFileSync(join(proc, '812/cmdline'), cmdline);
    writeFileSync(join(proc, 'net/tcp6'), `  sl  local_address\n${line('0'.repeat(32), 80, '0A', 77)}`);
    expect((await readPortHolders([80], proc)).holderOf('::', 80)).toMatchObject({ pid: 812, program });
  } finally {
    rmSync(proc, { recursive: true });
  }
});

it('finds no holder where there is no /proc', async () => {
  expect((await readPortHolders([22], '/nonexistent')).holderOf('127.0.0.1', 22)).toBeUndefined();
});
