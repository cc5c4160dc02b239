import { expect, test } from 'vitest';
import { problemsOf } from './load.ts';

test.each([
  [
    { flags: { service: 'ssh=30000' } },
    '--service: Cannot read a service: current value is "ssh=30000"; write NAME=BASE:PORT, like ssh=30000:22',
  ],
  [
    { flags: { service: 'ssh=70000:22' } },
    '--service ssh=70000:22: Cannot read gateway.services.ssh.base: current value is 70000; write a port from 1 to ' +
      '65535',
  ],
  [{ flags: { engine: ['auto', 'auto'] } }, '--engine: Cannot use --engine 2 times: it takes one value; give it once'],
  [
    { flags: { 'idle-timeout': '' } },
    '--idle-timeout: Cannot read timeouts.idle: current value is ""; write a duration like 5s, 2m or 5d',
  ],
  [
    { forwards: ['8080'] },
    '8080: Cannot read a forward: current value is "8080"; write LISTEN=TARGET, like 8080=10.0.0.5:80',
  ],
  [
    { forwards: ['80=a:1,b'] },
    '80=a:1,b: Cannot read TARGET: current value is "b"; it has no port: write b:80 for its port 80',
  ],
  [
    { forwards: ['80=a:1,'] },
    '80=a:1,: Cannot read TARGET: current value is ""; write a host and a port, like 10.0.0.5:80, ' +
      '"[fd00::5]:80" or web.internal:80',
  ],
  [
    { flags: { allow: '10.0.0.0/8,10.0.0.1/8' } },
    '--allow: Cannot read access.allow[1]: current value is "10.0.0.1/8"; it is no network; did you mean 10.0.0.0/8?',
  ],
  [
    { environment: { FLOATGATE_PER_SOURCE_RATE: '20' } },
    'FLOATGATE_PER_SOURCE_RATE: Cannot read limits.perSource.rate: current value is "20"; write a rate like 5/s, ' +
      '20/m, 100/h or 10/30s',
  ],
  [
    { flags: { service: '__proto__=30000:22,ssh=30000:22' } },
    '--service __proto__=30000:22: Cannot use "__proto__" in gateway.services: write a service name of up to 32 ' +
      'letters, digits, - and _ that starts with a letter',
  ],
  [
    { environment: { FLOATGATE_HOSTS: '1-5,x' } },
    'FLOATGATE_HOSTS: Cannot read gateway.hosts[1]: current value is "x"; write host numbers like 1-254 or 1-20,30',
  ],
])('flags and environment are named: %j', (sources, expected) => {
  expect(problemsOf(sources)).toEqual([expected]);
});
