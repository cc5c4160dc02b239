import { describe, expect, test } from 'vitest';
import { plan, planProblems } from './planning.ts';

describe('dialFrom', () => {
  test('a service and a forward may have their own in place of the global one', () => {
    const yaml = `dialFrom: [192.168.20.17, "fe80::17", 192.168.20.17]
gateway: { services: { ssh: { base: 30000, port: 22, dialFrom: [127.0.0.1] }, http: { base: 31000, port: 80 } } }
forwards: [{ listen: 8080, to: "a:1", dialFrom: [] }]`;
    const { rules } = plan({ yaml });
    expect(rules['service http']?.dialFrom).toEqual(['192.168.20.17', 'fe80::17']);
    expect(rules['service ssh']?.dialFrom).toEqual(['127.0.0.1']);
    expect(rules['forward 8080']?.dialFrom).toEqual([]);
  });

  test('an address that this machine does not have is a problem, wherever it stands', () => {
    const yaml = `dialFrom: [192.168.20.17, 192.168.20.18]
forwards: [{ listen: 8080, to: "a:1", dialFrom: ["fd00::1"] }]`;
    expect(planProblems({ yaml }).map((text) => text.split('\n')[0])).toEqual([
      'floatgate.yaml:1:27: Cannot dial from 192.168.20.18: no interface of this machine has that address; name ' +
        'one that is there, or leave it out',
      'floatgate.yaml:2:50: Cannot dial from fd00::1: no interface of this machine has that address; name one that ' +
        'is there, or leave it out',
    ]);
  });

  test('where no address is known, nothing is a problem', () => {
    const yaml = 'forwards: [{ listen: 8080, to: "a:1" }]\ndialFrom: [10.9.9.9]\nbind: [0.0.0.0]';
    expect(plan({ yaml, facts: { addresses: [] } }).rules['forward 8080']?.dialFrom).toEqual(['10.9.9.9']);
  });

  test('an interface may be named behind a link-local address', () => {
    expect(plan({ flags: { 'dial-from': 'fe80::17%ens3' } }).rules['service ssh']?.dialFrom).toEqual(['fe80::17%ens3']);
  });
});

describe('the note on ports in TIME_WAIT', () => {
  const notes = (timeWaitReuse: number | undefined, forwards: readonly string[], flags = {}) =>
    plan({
      command: 'forward',
      forwards,
      flags,
      facts: { outgoingPorts: { ...(timeWaitReuse !== undefined && { timeWaitReuse }), count: 28_200 } },
    }).notes;

  test.each([
    [1, '8080=10.0.0.5:80', 0],
    [0, '8080=10.0.0.5:80', 1],
    [2, '8080=10.0.0.5:80', 1],
    [2, '8080=web.internal:80', 1],
    [2, '8080=127.0.0.1:80', 0],
    [2, '8080=localhost:80', 0],
    [0, '8080=127.0.0.1:80', 1],
    [undefined, '8080=10.0.0.5:80', 0],
  ])('tcp_tw_reuse %s, %s: %s', (value, forward, count) => {
    expect(notes(value, [forward])).toHaveLength(count);
  });

  test('names how many sessions a second that means, and what to do', () => {
    expect(notes(2, ['8080=10.0.0.5:80'])).toEqual([
      'net.ipv4.tcp_tw_reuse is 2: about 470 new sessions a second to one target are the most, as ports stay in ' +
        'TIME_WAIT for a minute; set it to 1 (sysctl -w net.ipv4.tcp_tw_reuse=1, as root) for more',
    ]);
    expect(notes(0, ['8080=10.0.0.5:80'], { 'dial-from': '192.168.20.17,127.0.0.1' })[0]).toContain('about 940 ');
  });
});
