import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { until, within } from '../helpers/until.ts';
import { fakeIo } from './fake-io.ts';

async function close(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

/** Servers on two ports in a row that each send their own port. */
async function neighbours(address: string): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const servers = [port, port + 1].map((one) =>
      createServer((socket) => socket.on('error', () => {}).end(String(one))).listen(one, address),
    );
    try {
      await Promise.all(servers.map((server) => once(server, 'listening')));
      return { port, servers };
    } catch {
      await close(servers);
    }
  }
  throw new Error(`Cannot find two free ports in a row on ${address}`);
}

function answer(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  return within('an answer', new Promise((resolve, reject) => void socket.on('data', resolve).on('error', reject)));
}

it.each([
  ['the same offset of a range', 1],
  ['one port', 0],
])('forward leads a range of ports to %s', async (_, offset) => {
  const target = await neighbours('127.0.37.1');
  const own = await neighbours('127.0.0.1');
  await close(own.servers);
  const io = fakeIo();
  onTestFinished(async () => {
    await close(target.servers);
    io.remove();
  });
  const to = offset === 0 ? String(target.port) : `${target.port}-${target.port + 1}`;
  const rule = `localhost:${own.port}-${own.port + 1}=127.0.37.1:${to}`;
  const code = within('the end of the command', runCommandLine(['forward', rule, '--drain-timeout', '0s'], io));
  await until('the ready event', () => io.out().endsWith('\n'));
  expect(JSON.parse(io.out())).toMatchObject({ forwards: [{ listen: rule.split('=')[0], targets: [{}] }] });
  expect(await answer(own.port)).toBe(String(target.port));
  expect(await answer(own.port + 1)).toBe(String(target.port + offset));
  io.signals.send();
  expect(await code).toBe(0);
});
