import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { formatIp, ipOf } from './ip.ts';

/** A key and a certificate for it, PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

export interface Subject {
  /** The common name, for people. */
  readonly name: string;
  /** Host names (ASCII) and IP literals that it is good for; at least one. */
  readonly hosts: readonly string[];
  /** Milliseconds, from a minute ago on: clocks differ. */
  readonly lifetime: number;
}

/**
 * Makes a P-256 key and a certificate that it signs itself (X.509 v3, RFC 5280), for a server. Node makes keys and
 * signatures, but no certificates; of these only this one form is written here, and none is ever read.
 */
export function selfSigned({ name, hosts, lifetime }: Subject, now = Date.now()): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = sequence(set(sequence(oid.commonName, der(0x0c, Buffer.from(name)))));
  const start = now - 60_000;
  const content = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serialNumber()),
    ecdsaWithSha256,
    subject,
    sequence(time(start), time(start + lifetime)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(hosts))),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', content, privateKey));
  const cert = sequence(content, ecdsaWithSha256, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert}-----END CERTIFICATE-----\n`,
  };
}

/** A tag, the length and the content: X.690, 8.1 and 10.1. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long =
    length < 0x80
      ? []
      : length < 0x100
        ? [0x81]
        : length < 0x1_0000
          ? [0x82, length >>> 8]
          : [0x83, length >>> 16, length >>> 8];
  return Buffer.concat([Buffer.of(tag, ...long, length & 0xff), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => der(0x31, ...parts);
const octets = (...parts: readonly Buffer[]): Buffer => der(0x04, ...parts);
const oidOf = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

const oid = {
  commonName: oidOf('550403'),
  keyUsage: oidOf('551d0f'),
  subjectAltName: oidOf('551d11'),
  basicConstraints: oidOf('551d13'),
  extKeyUsage: oidOf('551d25'),
  serverAuth: oidOf('2b06010505070301'),
};
/** RFC 5758, 3.2. */
const ecdsaWithSha256 = sequence(oidOf('2a8648ce3d040302'));
const critical = der(0x01, Buffer.of(0xff));
const digitalSignature = der(0x03, Buffer.of(7, 0x80));

function extensions(hosts: readonly string[]): readonly Buffer[] {
  return [
    // An empty one: it signs no others.
    sequence(oid.basicConstraints, critical, octets(sequence())),
    sequence(oid.keyUsage, critical, octets(digitalSignature)),
    sequence(oid.extKeyUsage, octets(sequence(oid.serverAuth))),
    sequence(oid.subjectAltName, octets(sequence(...hosts.map(altName)))),
  ];
}

/** GeneralName: dNSName [2], iPAddress [7]. */
function altName(host: string): Buffer {
  return isIP(host) === 0 ? der(0x82, Buffer.from(host, 'ascii')) : der(0x87, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const ip = ipOf(address);
  if (typeof ip === 'number') return addressBytes(formatIp(ip));
  return Buffer.from(ip.toString(16).padStart(32, '0'), 'hex');
}

/** Positive, and without an octet in front that could be left out. */
function serialNumber(): Buffer {
  const number = randomBytes(16);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40;
  return number;
}

/** To the second. UTCTime through the year 2049, GeneralizedTime after it (RFC 5280, 4.1.2.5). */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050' ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
