import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

const program = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

/**
 * A port of loopback that swallows SYNs: its process is stopped and its accept queue full, so that Linux drops what
 * comes after (tcp(7), tcp_abort_on_overflow off). Resolves with the port.
 */
export async function openBlackHole(): Promise<number> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
  child.kill('SIGSTOP');
  // Fill the queue until a connection hangs: one that is not there within 300 ms on loopback.
  for (let filled = 0; filled < 16; filled++) {
    const socket = connect({ port, host: '127.0.0.1' });
    onTestFinished(() => {
      socket.destroy();
    });
    const outcome = await new Promise<'connected' | 'hangs'>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.on('error', () => {});
      setTimeout(resolve, 300, 'hangs');
    });
    if (outcome === 'hangs') return port;
  }
  throw new Error('Cannot open a black hole: the accept queue does not fill');
}
