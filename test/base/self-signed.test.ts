import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { selfSigned } from '../../src/base/self-signed.ts';

const day = 86_400_000;
const subject = {
  name: 'Gr\u00fc\u00dfe',
  hosts: ['localhost', 'a.example', '127.0.0.1', '2001:db8::1'],
  lifetime: day,
};

test('OpenSSL reads it, and finds its name and hosts', () => {
  const now = Date.UTC(2026, 10, 27, 3, 4, 5);
  const cert = new X509Certificate(selfSigned(subject, now).cert);
  expect(cert.subject).toBe('CN=Gr\u00fc\u00dfe');
  expect(cert.issuer).toBe(cert.subject);
  expect(cert.ca).toBe(false);
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(cert.subjectAltName).toBe(
    'DNS:localhost, DNS:a.example, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1',
  );
  expect(Date.parse(cert.validFrom)).toBe(now - 60_000);
  expect(Date.parse(cert.validTo)).toBe(now - 60_000 + day);
  expect(cert.verify(cert.publicKey)).toBe(true);
  expect(cert.serialNumber).toMatch(/^[4-7][\dA-F]{31}$/);
});

test('each is another one, and its key is its own', () => {
  const [one, other] = [selfSigned(subject), selfSigned(subject)];
  expect(one.cert).not.toBe(other.cert);
  expect(new X509Certificate(one.cert).verify(new X509Certificate(other.cert).publicKey)).toBe(false);
});

test('dates beyond 2049, and very many hosts, are written as they must be', () => {
  const hosts = Array.from({ length: 2_000 }, (_, n) => `host-${n}.example`);
  const cert = new X509Certificate(selfSigned({ ...subject, hosts, lifetime: 30 * 365 * day }, Date.UTC(2045, 0)).cert);
  expect(new Date(cert.validTo).getUTCFullYear()).toBe(2074);
  expect(cert.subjectAltName?.split(', ')).toHaveLength(2_000);
  expect(cert.checkHost('host-1999.example')).toBe('host-1999.example');
});

test('a TLS client that trusts it takes the server for the host that it names, and for no other', async () => {
  const pair = selfSigned(subject);
  const server = createServer(pair);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const greet = (servername: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', servername, ca: pair.cert }, () => {
        resolve('trusted');
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
  expect(await greet('a.example')).toBe('trusted');
  expect(await greet('b.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  await new Promise((resolve) => server.close(resolve));
});
