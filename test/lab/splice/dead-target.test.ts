import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { withGateway } from '../../helpers/gateway-process.ts';
import { slack, until } from '../../helpers/until.ts';
import { floatgateCommand } from '../floatgate-gateway.ts';
import { gatewayAddress, hostAddress, type Lab, openLab } from '../lab.ts';
import { labHindrance, labTitle } from '../lab-support.ts';

const hindrance = labHindrance();
const host = 60;
/** The shortest that --keep-alive takes, seconds. */
const keepAlive = 11;
const talkingClient = fileURLToPath(new URL('../peers/talking-client.mjs', import.meta.url));
const silentServer = `
  require('node:net')
    .createServer((socket) => socket.on('data', (bytes) => console.log(String(bytes))).on('error', () => {}))
    .listen(22, '${hostAddress(host)}', () => console.log('listening'))`;

// The stream engine cannot find this: it leaves data in flight to the kernel's retries, about 15 minutes.
describe.skipIf(hindrance !== undefined)(labTitle('a target that dies with data in flight', hindrance), () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
  });

  afterAll(() => lab?.close());

  it('is found within about --keep-alive, and the client is reset', async () => {
    const server = lab.subnet.spawn([process.execPath, '-e', silentServer], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed = linesOf(server);
    await until('the server listening', () => printed.includes('listening'));
    await withGateway(
      floatgateCommand(inject('packedGateway'), '--keep-alive', `${keepAlive}s`),
      { wrap: (command) => lab.gateway.command(command) },
      async (gateway) => {
        const client = lab.client.spawn([process.execPath, talkingClient, gatewayAddress, String(30_000 + host)], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        const seen = linesOf(client);
        await until('the client connected', () => seen.includes('connected'));
        client.stdin?.write('before\n');
        await until('what was sent before, at the target', () => printed.includes('before'));

        // Packets of the host are lost both ways from now on: it neither acknowledges nor resets.
        await lab.subnet.must(['iptables', '-A', 'INPUT', '-d', hostAddress(host), '-j', 'DROP']);
        const died = performance.now();
        client.stdin?.write('into the void\n');
        const closed = await gateway.logged({ reason: 'target reset', host });
        const found = performance.now() - died;
        expect(closed).toMatchObject({ code: 'ETIMEDOUT', bytesToTarget: 'beforeinto the void'.length });
        expect(found).toBeGreaterThan((keepAlive - 1) * 1_000);
        expect(found).toBeLessThan(keepAlive * 1_000 + slack);
        await until('the reset at the client', () => seen.includes('ECONNRESET'));
      },
    );
  });
});

/** What it has printed so far, line by line. */
function linesOf({ stdout }: ChildProcess): readonly string[] {
  const lines: string[] = [];
  if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => lines.push(line));
  return lines;
}
