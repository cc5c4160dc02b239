import { expect, test } from 'vitest';
import { accessSummary, admissionLines } from '../../src/cli/admission-lines.ts';
import { plan } from '../plan/planning.ts';

const lines = (yaml: string) => admissionLines(plan({ yaml }));

test.each([
  ['', 'everybody'],
  ['access: { deny: [10.0.0.5] }', 'everybody but not 10.0.0.5/32'],
  ['access: { allow: [10.0.0.0/8, "fd00::/8"] }', '10.0.0.0/8, fd00::/8'],
  ['access: { allow: [] }', 'nobody'],
  ['access: { allow: [0.0.0.0/0] }', '0.0.0.0/0'],
  [
    'access: { allow: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6] }',
    '10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, 10.0.0.4/32 and 2 more',
  ],
  ['dialFrom: [192.168.20.17]', 'everybody; targets dialed from 192.168.20.17'],
  ['acceptProxy: { from: [10.0.0.7] }', 'everybody; with a PROXY header from 10.0.0.7/32'],
])('%j: one line for all', (yaml, expected) => {
  expect(lines(`${yaml}\nlimits: { perSource: { sessions: unlimited } }`)).toEqual([`access    ${expected}`]);
});

test('services that differ have lines of their own; limits of all come last', () => {
  const yaml = `limits:
  perSource: { sessions: 64, rate: 20/m, burst: 40, ipv4Prefix: 24 }
gateway:
  services:
    ssh: { base: 30000, port: 22, access: { allow: [10.0.0.0/8] }, limits: { sessions: 9, perTarget: { sessions: 3 } } }
    http: { base: 31000, port: 80 }
    https: { base: 32000, port: 443 }
`;
  expect(lines(yaml)).toEqual([
    'access    service ssh: 10.0.0.0/8; 9 sessions at once; each target host 3 sessions at once',
    '          service http, service https: everybody',
    '          all together: each source (IPv4 /24, IPv6 /64) 64 sessions at once and 20 new ones in 1m, burst 40; ' +
      'each IPv6 /48 256 sessions at once and 80 new ones in 1m, burst 160',
  ]);
});

test('what one source may take is shown by default', () => {
  expect(lines('')).toEqual([
    'access    everybody',
    '          all together: each source (IPv4 /32, IPv6 /64) 1,163 sessions at once; ' +
      'each IPv6 /48 4,652 sessions at once',
  ]);
});

/** Access of the services ssh and http, and of the forward 8080, by name; the others have the global one. */
function access(global: string, own: Readonly<Record<string, string>> = {}): Parameters<typeof accessSummary>[0] {
  const of = (name: string) => (own[name] === undefined ? '' : `, access: { allow: [${own[name]}] }`);
  const yaml = `access: { allow: [${global}] }
forwards: [{ listen: 8080, to: 10.0.0.5:80${of('8080')} }]
gateway:
  services: { ssh: { base: 30000, port: 22${of('ssh')} }, http: { base: 31000, port: 80${of('http')} } }
`;
  return plan({ yaml });
}

const all = '0.0.0.0/0, "::/0"';

test.each<[string, string, Readonly<Record<string, string>>, string, string | undefined]>([
  ['of all', '203.0.113.0/24', {}, '203.0.113.0/24', undefined],
  [
    'of most, and how many have their own',
    '10.0.0.0/8',
    { ssh: '10.0.0.7' },
    '10.0.0.0/8; 1 service has its own',
    undefined,
  ],
  [
    'of everybody, which stands out',
    all,
    { ssh: '10.0.0.7', '8080': '10.0.0.8' },
    'everybody to service http; 1 service and 1 forward have their own (--allow restricts it)',
    'everybody',
  ],
  [
    'of everybody to one, which stands out',
    '10.0.0.0/8',
    { http: all },
    '10.0.0.0/8; 1 service has its own; everybody to service http',
    'everybody to service http',
  ],
])('one line shows the access %s', (_, global, own, text, attention) => {
  const summary = accessSummary(access(global, own), 'from elsewhere');
  expect(summary.text).toBe(text);
  expect(summary.attention).toBe(attention);
  if (attention !== undefined) expect(summary.text).toContain(attention);
});
