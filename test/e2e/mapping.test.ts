import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { reservePort } from '../helpers/free-ports.ts';
import { echo, freeBase, freeBases, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import { runsUnprivileged } from '../helpers/nobody.ts';
import { ask, isRefused, openClient } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';
import { serving, testedEngine, up } from './floatgate.ts';

const everyHost = Array.from({ length: 254 }, (_, index) => index + 1);
const some = [1, 16, 17, 254];

describe('floatgate up', () => {
  it('gives up root in these tests', () => {
    expect(runsUnprivileged).toBe(true);
  });

  it('maps all three services of a whole subnet, and logs each session', async () => {
    await using ssh = await openHosts(some, (socket, host) => socket.end(`ssh ${host}`));
    await using http = await openHosts(some, (socket, host) => socket.end(`http ${host}`));
    await using https = await openHosts(some, (socket, host) => socket.end(`https ${host}`));
    const [a, b, c] = (await freeBases(everyHost, 3)) as [number, number, number];
    const services = { ssh: `${a}:${ssh.port}`, http: `${b}:${http.port}`, https: `${c}:${https.port}` };
    await serving(up(services), async (gateway, ready) => {
      expect(ready.engine).toMatchObject({ name: testedEngine() });
      for (const host of some) {
        expect(await ask(a + host, 'hello')).toEqual({ received: `ssh ${host}`, error: null });
        expect(await ask(b + host)).toEqual({ received: `http ${host}`, error: null });
        expect(await ask(c + host)).toEqual({ received: `https ${host}`, error: null });
      }
      const closed = await gateway.logged({ service: 'ssh', host: 254, bytesToTarget: 5, bytesToClient: 7 });
      expect(closed).toMatchObject({ listener: `127.0.0.1:${a + 254}`, target: `127.0.20.254:${ssh.port}` });
      expect(closed.client).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(closed.reason).toMatch(/^(client|target) closed$/);
      expect(closed.duration).toEqual(expect.any(Number));
      expect(closed.dialTime).toEqual(expect.any(Number));
      await until('a line for each session', () => gateway.logs.filter((line) => 'reason' in line).length === 12);
    });
  });

  it('serves the hosts that --hosts names, and no others', async () => {
    await using hosts = await openHosts([16, 17, 18], nameHost);
    const base = await freeBase([15, 16, 17, 18]);
    await serving(up({ ssh: `${base}:${hosts.port}` }, '--hosts', '16-17'), async () => {
      expect((await ask(base + 16)).received).toBe('host 16\n');
      expect((await ask(base + 17)).received).toBe('host 17\n');
      expect(await isRefused(base + 15)).toBe(true);
      expect(await isRefused(base + 18)).toBe(true);
    });
  });

  it('resets a client whose target refuses, and logs it', async () => {
    const port = await reservePort();
    const base = await freeBase([16]);
    await serving(up({ ssh: `${base}:${port}` }, '--hosts', '16'), async (gateway) => {
      expect(await ask(base + 16)).toEqual({ received: '', error: 'ECONNRESET' });
      const closed = await gateway.logged({ reason: 'refused' });
      expect(closed).toMatchObject({ service: 'ssh', host: 16, target: `127.0.20.16:${port}`, bytesToClient: 0 });
      expect(closed.dialTime).toBeUndefined();
    });
  });

  it('delivers all that is sent after the other side has ended, both ways', async () => {
    const answer = 'a'.repeat(300_000);
    const arrived: string[] = [];
    // Answers only once the client has ended ...
    await using patient = await openHosts([16], (socket) => {
      socket.resume().on('end', () => socket.end(answer));
    });
    // ... and one that ends at once, and reads on.
    await using brief = await openHosts([16], (socket) => {
      let text = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      socket.on('end', () => arrived.push(text));
      socket.end('that is all');
    });
    const [a, b] = (await freeBases([16], 2)) as [number, number];
    const services = { patient: `${a}:${patient.port}`, brief: `${b}:${brief.port}` };
    await serving(up(services, '--hosts', '16'), async (gateway) => {
      expect((await ask(a + 16, 'question')).received).toHaveLength(answer.length);
      await gateway.logged({
        service: 'patient',
        reason: 'client closed',
        bytesToClient: answer.length,
        bytesToTarget: 8,
      });

      const client = await openClient(b + 16);
      expect(await client.finished()).toEqual({ received: 'that is all', error: null });
      client.socket.end(answer);
      await until('all of it at the target', () => arrived.length > 0);
      expect(arrived[0]).toBe(answer);
      await gateway.logged({ service: 'brief', reason: 'target closed', bytesToTarget: answer.length });
    });
  });

  it('carries 64 MiB each way at once, unchanged', async () => {
    const block = randomBytes(1024 * 1024);
    const blocks = 64;
    const expected = createHash('sha256');
    for (let sent = 0; sent < blocks; sent += 1) expected.update(block);
    const checksum = expected.digest('hex');
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([16]);
    await serving(up({ bulk: `${base}:${hosts.port}` }, '--hosts', '16'), async (gateway) => {
      const { socket } = await openClient(base + 16);
      socket.removeAllListeners('data');
      const received = createHash('sha256');
      socket.on('data', (chunk: string) => received.update(chunk, 'latin1'));
      const end = once(socket, 'end');
      for (let sent = 0; sent < blocks; sent += 1) {
        if (!socket.write(block)) await once(socket, 'drain');
      }
      socket.end();
      await end;
      expect(received.digest('hex')).toBe(checksum);
      await gateway.logged({ bytesToTarget: blocks * block.length, bytesToClient: blocks * block.length });
    });
  });

  it('serves 762 listeners where 1,024 descriptors are allowed', async () => {
    await using hosts = await openHosts(some, echo);
    const [a, b, c] = (await freeBases(everyHost, 3)) as [number, number, number];
    const services = Object.fromEntries([a, b, c].map((base, index) => [`service${index}`, `${base}:${hosts.port}`]));
    const limit = 'ulimit -n 1024 && exec "$@"';
    await serving(
      up(services),
      async (gateway) => {
        expect(await gateway.descriptors()).toBeGreaterThan(762);
        for (const base of [a, b, c])
          expect(await ask(base + 254, 'hello')).toEqual({ received: 'hello', error: null });
      },
      { wrap: (command) => ['sh', '-c', limit, 'sh', ...command] },
    );
  });
});
