import { describe, expect, test } from 'vitest';
import { plan, planProblems } from './planning.ts';

/** Line, column and message of a problem of the file. */
const place = (problem: string) => problem.split('\n')[0]?.replace(/^.*floatgate\.yaml:/, '');

/** The base that a message proposes. */
function proposedBase(problem: string | undefined): string {
  return (
    /give (\w+) base (\d+)/
      .exec(problem ?? '')
      ?.slice(1)
      .join('=') ?? ''
  );
}

describe('overlaps', () => {
  test('of two services: once, with the ports and a base that fits', () => {
    const problems = planProblems({ flags: { service: ['ssh=30000:22', 'http=30100:80'] } });
    expect(problems).toEqual([
      '--service http=30100:80: Cannot serve http beside service ssh: both need ports 30101 to 30254; give http ' +
        'base 31000',
    ]);
  });

  test('the proposed bases fit, all of them together', () => {
    const services = ['a=30000:1', 'b=30100:2', 'c=30200:3', 'd=31000:4'];
    const problems = planProblems({ flags: { service: services } });
    const moved = new Map(problems.map((problem) => proposedBase(problem).split('=') as [string, string]));
    const fixed = services.map((text) => {
      const [name = '', rest = ''] = text.split('=');
      const [base, port] = rest.split(':');
      return `${name}=${moved.get(name) ?? base}:${port}`;
    });
    expect(plan({ flags: { service: fixed } }).listeners).toHaveLength(4 * 254);
  });

  test('default services on a larger network: shown at the hosts, and settled by one move', () => {
    const problems = planProblems({ flags: { subnet: '10.0.0.0/16', hosts: '1-2000' } });
    expect(problems).toEqual([
      '--hosts: Cannot serve http beside service ssh: both need ports 31001 to 32000; give http base 34000',
      '--hosts: Cannot serve https beside service http: both need ports 32001 to 33000; give http base 34000',
    ]);
    const service = ['ssh=30000:22', 'http=34000:80', 'https=32000:443'];
    expect(plan({ flags: { subnet: '10.0.0.0/16', hosts: '1-2000', service } }).listeners).toHaveLength(6000);
  });

  test('services whose hosts lie between each other do not overlap', () => {
    const flags = { hosts: '1,3,5', service: ['a=30000:1', 'b=30001:2'] };
    expect(plan({ flags }).listeners).toHaveLength(6);
  });

  test('where no base fits, the message shows it', () => {
    const flags = { subnet: '10.0.0.0/16', hosts: '1-60000', service: ['a=1100:1', 'b=1200:2'] };
    expect(planProblems({ flags })).toEqual([
      '--service b=1200:2: Cannot serve b beside service a: both need ports 1201 to 61100; no base fits, so map ' +
        'fewer hosts with --hosts or leave a service out',
      'Cannot serve 120,000 listeners: 20,000 descriptors leave no room for a session; raise the limit (ulimit -Hn ' +
        '121000, as root) or serve fewer hosts',
    ]);
  });

  test('of a forward and a service', () => {
    expect(planProblems({ flags: { subnet: 'auto' }, forwards: ['30016=10.0.0.5:80'] })).toEqual([
      '30016=10.0.0.5:80: Cannot listen on 30016: service ssh needs port 30016 for host 16; give the forward ' +
        'another port, like 30255, or leave host 16 out with --skip 16',
    ]);
  });

  test.each([
    [['8080=a:1', '8080=b:2'], '8080'],
    [['8080=a:1', '127.0.0.1:8080=b:2'], '8080'],
    [['127.0.0.1:8080=b:2', '8080=a:1'], '127.0.0.1:8080'],
    [['0.0.0.0:8080=a:1', '127.0.0.1:8080=b:2'], '0.0.0.0:8080'],
    [['[::]:8080=a:1', '[::1]:8080=b:2'], '[::]:8080'],
    [['[::1]:8080=a:1', '[0:0::1]:8080=b:2'], '[::1]:8080'],
  ])('of forwards: %j', (forwards, first) => {
    const problems = planProblems({ command: 'forward', forwards });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      `forward ${first} needs port 8080 too; give the forward another port, like 8081, or leave one of them out`,
    );
  });

  test('of several forwards: each is proposed a port of its own', () => {
    const problems = planProblems({ command: 'forward', forwards: ['8080=a:1', '8080=b:2', '8080=c:3'] });
    expect(problems.map((problem) => /another port, like (\d+)/.exec(problem)?.[1])).toEqual(['8081', '8082']);
  });

  test.each([
    [['127.0.0.1:8080=a:1', '127.0.0.2:8080=b:2']],
    [['0.0.0.0:8080=a:1', '[::]:8080=b:2']],
    [['0.0.0.0:8080=a:1', '[::1]:8080=b:2']],
    [['127.0.0.1:8080=a:1', '[::]:8080=b:2']],
  ])('are not seen where both can be bound: %j', (forwards) => {
    expect(plan({ command: 'forward', forwards }).listeners).toHaveLength(2);
  });
});

describe('ports beyond 65535', () => {
  test('name the host, the sum and the way out', () => {
    expect(planProblems({ flags: { service: 'ssh=65400:22' } })).toEqual([
      '--service ssh=65400:22: Cannot serve ssh for host 254: base 65400 + 254 is 65654, and ports end at 65535; ' +
        'give ssh base 2000, or map hosts up to 135 with --hosts',
    ]);
  });

  test('65535 itself is a port', () => {
    expect(plan({ flags: { service: 'ssh=65281:22' } }).listeners.at(-1)?.key).toBe('[::]:65535');
  });

  test('a network that is far too large is refused before it is counted', () => {
    const started = performance.now();
    const problems = planProblems({ flags: { subnet: '10.0.0.0/8', hosts: '1-16777214', service: 'ssh=30000:22' } });
    expect(problems).toEqual([
      '--service ssh=30000:22: Cannot serve ssh for host 16777214: base 30000 + 16777214 is 16807214, and ports ' +
        'end at 65535; map hosts up to 35535 with --hosts',
      'Cannot serve 35,535 listeners: 20,000 descriptors leave no room for a session; raise the limit (ulimit -Hn ' +
        '37000, as root) or serve fewer hosts',
    ]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('privileged ports', () => {
  test.each([
    [
      { command: 'forward' as const, forwards: ['80=10.0.0.5:80'] },
      '80=10.0.0.5:80: Cannot listen on port 80 for forward 80: ports below 1024 need a privilege that this ' +
        'process does not have; give the forward another port, like 1104, or have root run: sysctl -w ' +
        'net.ipv4.ip_unprivileged_port_start=80',
    ],
    [
      { flags: { service: 'ssh=1000:22' } },
      '--service ssh=1000:22: Cannot listen on port 1001 for service ssh: ports below 1024 need a privilege that ' +
        'this process does not have; give ssh base 2000, or have root run: sysctl -w ' +
        'net.ipv4.ip_unprivileged_port_start=1001',
    ],
  ])('are refused to an ordinary user: %j', (sources, expected) => {
    expect(planProblems(sources)).toEqual([expected]);
  });

  test.each([{ mayBindPrivilegedPorts: true }, { unprivilegedPortStart: 80 }, { unprivilegedPortStart: 0 }])(
    'are served with %j',
    (facts) => {
      expect(plan({ command: 'forward', forwards: ['80=10.0.0.5:80'], facts }).listeners).toHaveLength(1);
    },
  );

  test('1024 needs none', () => {
    expect(plan({ flags: { service: 'ssh=1023:22' } }).listeners[0]?.key).toBe('[::]:1024');
  });
});

describe('targets that are our own listeners', () => {
  test.each([
    ['8080=127.0.0.1:8080'],
    ['8080=127.9.9.9:8080'],
    ['8080=[::1]:8080'],
    ['8080=[::1%lo]:8080'],
    ['8080=192.168.20.17:8080'],
    ['8080=localhost:8080'],
    ['8080=[::ffff:127.0.0.1]:8080'],
    ['127.0.0.1:8080=127.0.0.1:8080'],
  ])('a forward: %s', (forward) => {
    const problems = planProblems({ command: 'forward', forwards: [forward] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/Cannot forward \S+ to \S+: that is this gateway's own listener \(forward \S*8080\)/);
  });

  test('a forward to another forward', () => {
    expect(planProblems({ command: 'forward', forwards: ['8080=127.0.0.1:9090', '9090=10.0.0.5:80'] })).toEqual([
      "8080=127.0.0.1:9090: Cannot forward 8080 to 127.0.0.1:9090: that is this gateway's own listener (forward " +
        '9090); name another target',
    ]);
  });

  test('a target in the midst of a pool, each in its place', () => {
    expect(
      planProblems({
        yaml: 'forwards:\n  - listen: 8080\n    to: [10.0.0.5:80, "[::1]:8080", { target: localhost:8080 }]',
      }).map(place),
    ).toEqual([
      "3:23: Cannot forward 8080 to [::1]:8080: that is this gateway's own listener (forward 8080); name another " +
        'target',
      "3:47: Cannot forward 8080 to localhost:8080: that is this gateway's own listener (forward 8080); name " +
        'another target',
    ]);
  });

  test('a service, shown once', () => {
    expect(planProblems({ flags: { service: ['ssh=30000:22', 'loop=33000:30001'] } })).toEqual([
      "--service loop=33000:30001: Cannot map loop to host 17: 192.168.20.17:30001 is this gateway's own listener " +
        '(service ssh); choose another port, or leave the host out with --skip 17',
    ]);
    expect(planProblems({ flags: { subnet: '127.0.20.0/24', service: 'loop=33000:33005' } })).toHaveLength(1);
  });

  test.each([
    [['8080=127.0.0.1:80']],
    [['8080=10.0.0.5:8080']],
    [['127.0.0.1:8080=127.0.0.2:8080']],
    [['0.0.0.0:8080=[::1]:8080']],
    [['8080=web.internal:8080']],
  ])('are not seen where there are none: %j', (forwards) => {
    expect(plan({ command: 'forward', forwards }).listeners).toHaveLength(1);
  });

  test('other platforms have only the loopback addresses of their interfaces', () => {
    const sources = { command: 'forward' as const, forwards: ['8080=127.0.0.9:8080'] };
    expect(plan({ ...sources, facts: { platform: 'darwin', localNetworks: [] } }).listeners).toHaveLength(1);
  });

  test('the whole subnet on loopback is fine with other ports', () => {
    expect(plan({ flags: { subnet: '127.0.20.0/24' } }).listeners).toHaveLength(762);
  });
});

test('all problems are shown at once', () => {
  const problems = planProblems({
    flags: { service: ['a=1000:7', 'b=65500:8', 'c=1100:9'], bind: ['::', '0.0.0.0', '::1'] },
    forwards: ['1=localhost:1101'],
  });
  expect(problems.map((problem) => problem.split(': ')[1]?.slice(0, 24))).toEqual([
    'Cannot bind ::1 beside :',
    'Cannot serve b for host ',
    'Cannot listen on port 10',
    'Cannot listen on port 1 ',
    'Cannot serve c beside se',
    'Cannot forward 1 to loca',
  ]);
});
