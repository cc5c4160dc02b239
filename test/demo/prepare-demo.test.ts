import http from 'node:http';
import https from 'node:https';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openDemoHosts } from '../../src/demo/demo-hosts.ts';
import { prepareDemo } from '../../src/demo/prepare-demo.ts';
import { within } from '../helpers/until.ts';

const onLinux = it.runIf(process.platform === 'linux');

/** What a server sends until it closes; `first` is sent to it at once. */
function received(host: string, port: number, first = ''): Promise<string> {
  const socket = connect(port, host);
  if (first !== '') socket.write(first);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  const closed = new Promise<string>((resolve, reject) => {
    socket.on('error', reject).on('close', () => resolve(text));
  });
  return within(`the end of ${host}:${port}`, closed);
}

function page(url: string): Promise<string> {
  const client = url.startsWith('https:') ? https : http;
  const body = new Promise<string>((resolve, reject) => {
    const request = client.get(
      url,
      { agent: false, ...(client === https && { rejectUnauthorized: false }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      },
    );
    request.on('error', reject);
  });
  return within(`the page at ${url}`, body);
}

onLinux(
  'starts hosts that each name themselves on all three services, and plans a gateway on 127.0.0.1 only',
  async () => {
    const prepared = await prepareDemo({
      hosts: '3,200',
      service: ['ssh=30000:26022', 'http=31000:26080', 'https=32000:26443'],
    });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.problems));
    const { plan, close } = prepared.value;
    try {
      expect(new Set(plan.listeners.map(({ bind }) => bind.address))).toEqual(new Set(['127.0.0.1']));
      expect(plan.listeners).toHaveLength(6);
      const port = (name: string) => plan.services.find((service) => service.name === name)?.port ?? 0;
      expect(await received('127.0.20.3', port('ssh'))).toMatch(/^Hello from host 3 \(127\.0\.20\.3\).*\r\nSSH-2\.0-/);
      // RFC 4253: length, padding length, SSH_MSG_DISCONNECT, reason 11, description, language, padding.
      const [, packet = ''] = (await received('127.0.20.3', port('ssh'), 'SSH-2.0-test\r\n')).split('_demo\r\n');
      const bytes = Buffer.from(packet, 'latin1');
      expect([bytes.length % 8, bytes.readUInt32BE(0), bytes[5], bytes.readUInt32BE(6)]).toEqual([
        0,
        bytes.length - 4,
        1,
        11,
      ]);
      const description = 'Hello from host 3 (127.0.20.3)';
      expect(bytes.subarray(14, 14 + bytes.readUInt32BE(10)).toString()).toBe(description);
      expect(bytes.readUInt8(4)).toBe(bytes.length - 14 - description.length - 4);
      expect(await page(`http://127.0.20.200:${port('http')}/`)).toContain('host 200 (127.0.20.200)');
      expect(await page(`https://127.0.20.3:${port('https')}/`)).toContain('host 3 (127.0.20.3)');
      // Nothing but the hosts' own addresses is bound.
      await expect(received('127.0.20.4', port('ssh'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await expect(received('127.0.0.1', port('http'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    } finally {
      await close();
      await close();
    }
    await expect(received('127.0.20.3', plan.services[0]?.port ?? 0)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  },
);

onLinux(
  'takes another port where the wanted one is busy on a single host, and ends its sessions on close',
  async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen({ host: '127.0.20.9', port: 27_022 }, resolve));
    const hosts = await openDemoHosts([8, 9], 27_022, (socket) => socket.write('hello'));
    try {
      expect(hosts.port).toBe(47_022);
      const open = received('127.0.20.8', hosts.port);
      const seen = new Promise((resolve) => {
        const socket = connect(hosts.port, '127.0.20.9');
        socket.on('data', resolve).on('error', () => {});
      });
      await within('a word', seen);
      await hosts.close();
      expect(await open).toBe('hello');
    } finally {
      await hosts.close();
      await new Promise((resolve) => holder.close(resolve));
    }
  },
);

it('refuses services that its hosts do not speak', async () => {
  expect(await prepareDemo({ service: 'db=33000:5432' })).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringMatching(/^Cannot show service db: .*ssh, http, https/) }],
  });
});
