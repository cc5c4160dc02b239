import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  parseFibTrie,
  parseInet6Addresses,
  parseInet6LocalRoutes,
  readLocalNetworks,
} from '../../src/base/local-networks.ts';

/** Linux 6.18: docker0 (172.17.0.1/16) without carrier, AnyIP 10.9.0.0/16, and the table of a transparent proxy. */
const fibTrie = `Id 100:
  |-- 0.0.0.0
     /0 host LOCAL
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 172.17.0.0
        /16 link UNICAST
Local:
  +-- 0.0.0.0/1 2 0 2
     +-- 10.9.0.0/16 2 0 2
        |-- 10.9.0.0
           /16 host LOCAL
           /32 link BROADCAST
        |-- 127.0.0.0
           /8 host LOCAL
           /32 link BROADCAST
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
     |-- 192.0.2.0
        /24 link UNICAST
`;

const ifInet6 = `fe8000000000000000fc00fffe000001 04 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;

const none = '00000000000000000000000000000000 00 00000000000000000000000000000000';
const ipv6Route = `00000000000000000000000000000000 00 ${none} 00000400 00000001 00000000 80000001       lo
fd000000000000000000000000000000 40 ${none} 00000100 00000001 00000000 00000001     eth0
20010db8000900000000000000000000 30 ${none} 00000400 00000001 00000000 80200001       lo
fd000000000000000000000000000002 80 ${none} 00000000 00000003 00000000 80200001     eth0
ff000000000000000000000000000000 08 ${none} 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 ${none} ffffffff 00000001 00000000 00200200       lo
`;

test('fib_trie: local routes for all packets, AnyIP prefixes too, and nothing else', () => {
  expect(parseFibTrie(fibTrie)).toEqual(['10.9.0.0/16', '127.0.0.0/8', '172.17.0.1']);
});

test('if_inet6: addresses of interfaces', () => {
  expect(parseInet6Addresses(ifInet6)).toEqual(['fe80::fc:ff:fe00:1', '::1']);
});

test('ipv6_route: local routes alone, without the default route of a transparent proxy', () => {
  expect(parseInet6LocalRoutes(ipv6Route)).toEqual(['2001:db8:9::/48', 'fd00::2']);
});

test.each([parseFibTrie, parseInet6Addresses, parseInet6LocalRoutes])('%o: what is no table has nothing', (parse) => {
  for (const text of ['', '\n', '/32 host LOCAL\n', 'nonsense with words']) expect(parse(text)).toEqual([]);
});

describe('reading', () => {
  function proc(files: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(tmpdir(), 'floatgate-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'net'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'net', name), text);
    return folder;
  }

  test('puts all files together, each network once', () => {
    const folder = proc({ fib_trie: fibTrie, if_inet6: ifInet6, ipv6_route: ipv6Route });
    expect(readLocalNetworks(1_000_000, folder)).toEqual([
      '10.9.0.0/16',
      '127.0.0.0/8',
      '172.17.0.1',
      'fe80::fc:ff:fe00:1',
      '::1',
      '2001:db8:9::/48',
      'fd00::2',
    ]);
  });

  test('has nothing where there are no files', () => {
    expect(readLocalNetworks(1_000_000, proc({}))).toEqual([]);
  });

  test('reads no more of a file than it may, in whole lines', () => {
    const route = '     |-- 198.51.100.0\n        /24 universe UNICAST\n';
    const large = `Main:\n${route.repeat(50_000)}Local:\n  |-- 192.0.2.9\n     /32 host LOCAL\n`;
    const folder = proc({ fib_trie: `${fibTrie}${large}`, if_inet6: ifInet6 });
    const found = readLocalNetworks(256 * 1024, folder);
    expect(found).toContain('172.17.0.1');
    expect(found).toContain('::1');
    expect(found).not.toContain('192.0.2.9');
    expect(readLocalNetworks(16_000_000, folder)).toContain('192.0.2.9');
  });

  test.runIf(process.platform === 'linux')('finds the loopback network of this machine', () => {
    expect(readLocalNetworks(1_000_000)).toContain('127.0.0.0/8');
  });
});
