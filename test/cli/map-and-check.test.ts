import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFile } from '../config/load.ts';
import { run } from './fake-io.ts';

it('maps a subnet as a table and as JSON', async () => {
  const words = ['map', '--subnet', '192.168.20.0/24', '--hosts', '9-10', '--bind', '127.0.0.1'];
  expect((await run(words)).out).toBe(
    [
      'host  address        ssh (22)  http (80)  https (443)',
      '9     192.168.20.9   30009     31009      32009',
      '10    192.168.20.10  30010     31010      32010',
      '',
    ].join('\n'),
  );
  const { code, out } = await run([...words, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    subnet: '192.168.20.0/24',
    bind: ['127.0.0.1'],
    hosts: [
      { host: 9, address: '192.168.20.9', ports: { ssh: 30_009, http: 31_009, https: 32_009 } },
      { host: 10, address: '192.168.20.10' },
    ],
    services: [{ name: 'ssh', hosts: '9-10', ports: '30009-30010' }, {}, {}],
    listeners: 6,
  });
  expect((await run(words, { FLOATGATE_JSON: '1' })).out).toBe(out);
});

it('shows gaps that skip leaves', async () => {
  const { out } = await run(['check', '--subnet', '192.168.20.0/24', '--skip', '17,100-110']);
  expect(out).toMatch(/^ok: .*\n/);
  expect(out).toContain('of hosts 1-16,18-99,111-254');
  expect(out).toContain('ports 30001-30016,30018-30099,30111-30254');
  expect(out).toContain(' sessions');
});

it('shows pools of targets in map and check', async () => {
  const yaml = `bind: [127.0.0.1]
forwards:
  - listen: 8080
    to: [10.0.0.5:80, { target: 10.0.0.6:80, weight: 2 }, { target: 10.0.0.7:80, backup: true }]
    balance: leastconn
  - { listen: 2222, to: 10.0.0.5:22 }
`;
  const pool = '10.0.0.5:80, 10.0.0.6:80 weight 2, 10.0.0.7:80 backup (leastconn)';
  const config = ['--config', temporaryFile(yaml)];
  expect((await run(['map', ...config])).out).toBe(
    ['listen  target', `8080    ${pool}`, '2222    10.0.0.5:22', ''].join('\n'),
  );
  const { out } = await run(['map', '--json', ...config]);
  expect(JSON.parse(out)).toMatchObject({
    forwards: [
      {
        listen: '8080',
        balance: 'leastconn',
        targets: [
          { target: '10.0.0.5:80', weight: 1, tier: 'primary' },
          { target: '10.0.0.6:80', weight: 2, tier: 'primary' },
          { target: '10.0.0.7:80', weight: 1, tier: 'backup' },
        ],
      },
      { listen: '2222', targets: [{ target: '10.0.0.5:22' }] },
    ],
  });
  expect((await run(['check', ...config])).out).toContain(`  forward   port 8080 leads to ${pool}\n`);
});

it('shows the access rules in check', async () => {
  const words = ['check', '--subnet', '192.168.20.0/24'];
  expect((await run(words)).out).toContain('\n  access    everybody\n');
  const limited = [
    ...words,
    '--allow',
    '10.0.0.0/8',
    '--sessions',
    '500',
    '--per-source-rate',
    '20/m',
    '--per-target',
    '500',
  ];
  expect((await run(limited)).out).toContain(
    [
      '',
      '  access    10.0.0.0/8',
      '            all together: each source (IPv4 /32, IPv6 /64) 64 sessions at once and 20 new ones in 1m, ' +
        'burst 20; each IPv6 /48 256 sessions at once and 80 new ones in 1m, burst 80; ' +
        'each target host 500 sessions at once',
      '',
    ].join('\n'),
  );
});

it('sends nothing to the metadata service in map and check', async () => {
  expect(await run(['map', '--subnet', 'metadata'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^--subnet: Cannot map the subnet: .*--subnet CIDR\n$/),
  });
  expect(await run(['check', '--subnet', 'metadata'])).toMatchObject({ code: 0, out: expect.stringMatching(/^ok: /) });
});

it('prints the JSON Schema that is kept in the source', async () => {
  const { code, out } = await run(['check', '--schema']);
  const kept = readFileSync(new URL('../../src/config/floatgate.schema.json', import.meta.url), 'utf8');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(JSON.parse(kept));
});
