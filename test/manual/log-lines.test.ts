import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { until, within } from '../helpers/until.ts';
import { examples } from './pages.ts';

type Line = Readonly<Record<string, unknown>>;

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(address: string, onClient: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(onClient);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

/** What a gateway writes while it serves one client and rejects another. */
async function writtenLines(): Promise<readonly Line[]> {
  const target = await listen('127.0.20.16', (socket) => socket.on('error', () => {}).end('hello'));
  const port = await listen('127.0.0.1', () => {});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const io = fakeIo();
  const words = ['up', '--subnet', '127.0.20.0/24', '--hosts', '16', '--bind', '127.0.0.1', '--deny', '127.0.0.66'];
  const code = runCommandLine([...words, '--service', `http=${port - 16}:${target}`], io);
  try {
    await until('the ready event', () => io.out().endsWith('\n'));
    for (const localAddress of ['127.0.0.1', '127.0.0.66']) {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
      socket.resume();
      await within('the end of the client', closed);
    }
    await until('both clients', () => /session closed/.test(io.err()) && /clients denied/.test(io.err()));
    io.signals.send();
    expect(await within('the end of the gateway', code)).toBe(0);
    return linesOf(io.err());
  } finally {
    io.remove();
  }
}

function linesOf(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

it('shows log lines with the fields that they have', async () => {
  const written = await writtenLines();
  const shown = examples.filter(({ language }) => language === 'json');
  expect(shown.length).toBeGreaterThan(0);
  for (const { name, text } of shown) {
    const line = JSON.parse(text) as Line;
    const same = written.find(({ msg }) => beginning(msg) === beginning(line.msg));
    expect(same, `${name}: ${line.msg}`).toBeDefined();
    expect(Object.keys(line), name).toEqual(Object.keys(same ?? {}));
  }
});

it('names every message of a gateway that it has an example of', async () => {
  const written = await writtenLines();
  const levels = written.map(({ level, msg }) => `${level} ${beginning(msg)}`);
  expect(levels).toEqual(
    expect.arrayContaining([
      'info gateway ready',
      'info session closed',
      'warn clients denied',
      'info gateway stopping',
    ]),
  );
});

/** What stands before the colon. */
function beginning(message: unknown): string {
  return String(message).split(':')[0] ?? '';
}
