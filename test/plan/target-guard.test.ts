import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { type TargetGuard, targetGuard } from '../../src/plan/target-guard.ts';
import { plan } from './planning.ts';

/** A guard that says what an address is, without the sentence around it. */
function guardOf(planned: Plan): TargetGuard {
  const guard = targetGuard(planned);
  return (address, port, host) =>
    / leads to \S+, (.*); name another target$/.exec(guard(address, port, host) ?? '')?.[1];
}

const forwards = (...rules: readonly string[]) => guardOf(plan({ command: 'forward', forwards: rules }));
const gateway = guardOf(plan());
const wildcard = "this gateway's own listener (forward 8080)";

test('what is wrong is said in a sentence', () => {
  const guard = targetGuard(plan({ command: 'forward', forwards: ['8080=web.internal:80'] }));
  expect(guard('fe80::1', 80, 'web.internal')).toBe(
    'Cannot dial web.internal: it leads to [fe80::1]:80, a link-local address; name another target',
  );
});

describe('a name that leads to', () => {
  test.each([
    ['169.254.169.254', 80, "a link-local address, the cloud's metadata service"],
    ['::ffff:169.254.1.1', 80, 'a link-local address'],
    ['64:ff9b::a9fe:101', 80, 'a link-local address'],
    ['fe80::1%eth0', 80, 'a link-local address'],
    ['fd00:ec2::254', 80, "the cloud's metadata service"],
    ['0.0.0.0', 80, 'an unspecified address'],
    ['::', 80, 'an unspecified address'],
    ['224.0.0.1', 80, 'a multicast address'],
    ['255.255.255.255', 80, 'the broadcast address'],
    ['127.0.0.1', 80, 'a loopback address, which only localhost may lead to'],
    ['127.9.9.9', 80, 'a loopback address, which only localhost may lead to'],
    ['::1', 80, 'a loopback address, which only localhost may lead to'],
    ['::ffff:127.0.0.1', 80, 'a loopback address, which only localhost may lead to'],
    ['64:ff9b::7f00:1', 80, 'a loopback address, which only localhost may lead to'],
    ['192.168.20.17', 8080, wildcard],
    ['::ffff:192.168.20.17', 8080, wildcard],
    ['192.168.20.17', 80, undefined],
    ['192.168.20.18', 8080, undefined],
    ['10.0.0.5', 8080, undefined],
    ['2001:db8::1', 8080, undefined],
    ['nonsense', 80, 'no address'],
  ])('%s, port %i: %s', (address, port, expected) => {
    expect(forwards('8080=web.internal:80')(address, port, 'web.internal')).toBe(expected);
  });
});

test.each([
  ['127.0.0.1', 8080, wildcard],
  ['::1', 8080, wildcard],
  ['127.0.0.1', 80, undefined],
  ['::1', 80, undefined],
  ['169.254.169.254', 80, "a link-local address, the cloud's metadata service"],
])('localhost that leads to %s, port %i: %s', (address, port, expected) => {
  const guard = forwards('8080=localhost:80');
  for (const host of ['localhost', 'db.localhost', 'LocalHost.']) expect(guard(address, port, host)).toBe(expected);
});

describe('own listeners', () => {
  test.each([
    ['0.0.0.0:8080', '192.168.20.17', 'own'],
    ['0.0.0.0:8080', '::1', undefined],
    ['[::]:8080', '::1', 'own'],
    ['[::]:8080', '127.0.0.1', undefined],
    ['127.0.0.1:8080', '127.0.0.1', 'own'],
    ['127.0.0.1:8080', '127.0.0.2', undefined],
    ['192.168.20.17:8080', '192.168.20.17', 'own'],
    ['192.168.20.17:8080', '127.0.0.1', undefined],
    ['203.0.113.9:8080', '203.0.113.9', 'own'],
  ])('%s, and localhost leads to %s: %s', (listen, address, expected) => {
    const own = expected && `this gateway's own listener (forward ${listen})`;
    expect(forwards(`${listen}=localhost:80`)(address, 8080, 'localhost')).toBe(own);
  });

  test('of a service are named', () => {
    expect(gateway('192.168.20.17', 30_016, 'web.internal')).toBe("this gateway's own listener (service ssh)");
    expect(gateway('192.168.20.17', 30_255, 'web.internal')).toBeUndefined();
  });
});

test('literals pass: the plan has looked at them', () => {
  const guard = targetGuard(plan({ command: 'forward', forwards: ['8080=web.internal:80'] }));
  for (const host of ['127.0.0.1', '::1', '169.254.1.1']) expect(guard(host, 8080, host)).toBeUndefined();
});
