import { expect, it } from 'vitest';
import { type Ready, readySummary, servedLines } from '../../src/cli/summary.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type Planning, plan } from '../plan/planning.ts';

/** A gateway that serves all of it. */
function gatewayOf({ listeners }: Plan, about: Partial<Ready['gateway']> = {}): Ready['gateway'] {
  return { skipped: [], served: listeners.length, ...about };
}

const terminal = { style: 'terminal', colours: 'plain', columns: () => 80 } as const;

function summary(planning: Planning, about: Partial<Ready> = {}): readonly string[] {
  const planned = plan(planning);
  return readySummary({ plan: planned, gateway: gatewayOf(planned), commands: () => [], output: terminal, ...about });
}

/** The one row with this label, without it. */
function row(label: string, planning: Planning, about: Partial<Ready> = {}): string {
  const rows = summary(planning, about).filter((line) => line.startsWith(`  ${label} `));
  expect(rows).toHaveLength(1);
  return (rows[0] ?? '').slice(12);
}

it('fits 80 columns and 24 lines with three services, a host left out and notes', () => {
  const planning = { flags: { skip: '18' }, facts: { outgoingPorts: { timeWaitReuse: 2, count: 28_232 } } };
  const commands = () => ['ssh -p 30016 user@192.168.20.17', 'curl http://192.168.20.17:31016/', 'curl -k https://x/'];
  const notes = ['This gateway runs as root: run it as a user of its own; it keeps CAP_NET_BIND_SERVICE alone'];
  const lines = summary(planning, { commands, notes });
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "floatgate serves 759 listeners on all addresses

      subnet    192.168.20.0/24
      service   ssh    ports 30001-30017,30019-30254 to port 22 of hosts 1-17,19-254
      service   http   ports 31001-31017,31019-31254 to port 80 of hosts 1-17,19-254
      service   https  ports 32001-32017,32019-32254 to port 443 of hosts
                1-17,19-254
      access    everybody (--allow restricts it)
      limits    9,312 sessions, 4,656 through one listener, 1,164 from one source
      engine    stream (portable; splice does not work here: this is a test)
      note      net.ipv4.tcp_tw_reuse is 2: about 470 new sessions a second to one
                target are the most, as ports stay in TIME_WAIT for a minute; set it
                to 1 (sysctl -w net.ipv4.tcp_tw_reuse=1, as root) for more
      note      This gateway runs as root: run it as a user of its own; it keeps
                CAP_NET_BIND_SERVICE alone

    Try:
      ssh -p 30016 user@192.168.20.17
      curl http://192.168.20.17:31016/
      curl -k https://x/

    Stop with Ctrl-C"
  `);
  // With the line of the shell above and its cursor below.
  expect(lines.length).toBeLessThanOrEqual(22);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

it('leaves to check how the number of sessions comes about; JSON has it', () => {
  expect(row('limits', {})).toBe('9,310 sessions, 4,655 through one listener, 1,163 from one source');
  const wide = { output: { ...terminal, columns: () => 120 } };
  expect(row('limits', { flags: { 'per-source-sessions': 'unlimited', 'per-source-rate': '20/m' } }, wide)).toMatch(
    /^\S+ sessions, \S+ through one listener, 20 new ones from one source in 1m$/,
  );
  const one = { command: 'forward', forwards: ['8080=10.0.0.5:80'] } as const;
  expect(row('limits', one)).toMatch(/^(\S+) sessions, \S+ from one source$/);
  const json = { output: { ...terminal, style: 'json' } } as const;
  const [event = '', ...more] = summary({}, json);
  expect(more).toEqual([]);
  expect(JSON.parse(event)).toMatchObject({
    limits: {
      explanation: expect.stringContaining('descriptors'),
      perSource: { sessions: 1163, ipv6Network: { sessions: 4652, prefix: 48 } },
    },
  });
});

it.each([
  [['0.0.0.0', '::'], 'on all addresses'],
  [['0.0.0.0'], 'on all IPv4 addresses'],
  [['::'], 'on all IPv6 addresses'],
  [['127.0.0.1', '::1'], 'on this machine alone'],
  [['192.168.20.17', '127.0.0.1'], 'on 192.168.20.17, 127.0.0.1'],
])('bound to %j it listens %s', (bind, where) => {
  expect(summary({ flags: { bind } })[0]).toMatch(new RegExp(`^floatgate serves [\\d,]+ listeners ${where}$`));
  expect(servedLines(plan({ flags: { bind } }))[0]).toBe(`listen    ${where}`);
});

it('shows where each forward listens if that differs, and its health checks and PROXY headers', () => {
  const yaml = `forwards:
  - { listen: 8080, to: 10.0.0.5:80, health: {}, acceptProxy: { from: [10.0.0.0/8] } }
  - { listen: "127.0.0.1:2222", to: [10.0.0.5:22, { target: 10.0.0.6:22, proxyProtocol: v2 }] }
`;
  const lines = summary({ yaml }, { output: { ...terminal, columns: () => 200 } });
  expect(lines[0]).toBe('floatgate serves 2 listeners');
  expect(lines.filter((line) => line.includes('forward'))).toEqual([
    '  forward   port 8080 on all addresses leads to 10.0.0.5:80; health checked every 5s; ' +
      'PROXY headers from 10.0.0.0/8',
    '  forward   port 2222 on this machine alone leads to 10.0.0.5:22, 10.0.0.6:22 (roundrobin); ' +
      'PROXY v2 to some targets',
  ]);
});

it('lets everybody stand out, in colour where there is any', () => {
  expect(row('access', {})).toBe('everybody (--allow restricts it)');
  const output = { ...terminal, colours: 'colours' } as const;
  expect(row('access', {}, { output })).toBe('\u001b[1m\u001b[33meverybody\u001b[39m\u001b[22m (--allow restricts it)');
  expect(row('access', { flags: { allow: '203.0.113.0/24' } }, { output })).toBe('203.0.113.0/24');
  expect(row('access', { flags: { bind: '127.0.0.1' } }, { output })).toBe('everybody on this machine');
});

it('does not repeat what the log shows on the same terminal', () => {
  const planned = plan({ flags: { hosts: '16-17', service: 'ssh=30000:22' } });
  const listeners = planned.listeners.slice(0, 1);
  const skipped = [{ listeners, code: 'EACCES', why: 'why', message: 'Cannot listen on [::]:30016 (ssh): why' }];
  const about = { plan: planned, gateway: gatewayOf(planned, { skipped, served: 1 }), notes: ['As root'] };
  expect(row('skipped', {}, about)).toBe('Cannot listen on [::]:30016 (ssh): why');
  expect(row('note', {}, about)).toBe('As root');
  expect(row('service', {}, about)).toBe('ssh  ports 30017 to port 22 of hosts 17');
  const beside = summary({}, { ...about, log: 'beside' });
  expect(beside.join('\n')).not.toMatch(/skipped|note/);
  const [event = ''] = summary({}, { ...about, output: { ...terminal, style: 'json' } });
  expect(JSON.parse(event)).toMatchObject({
    skipped: [{ listener: '[::]:30016', code: 'EACCES', message: 'Cannot listen on [::]:30016 (ssh): why' }],
    notes: ['As root'],
  });
});
