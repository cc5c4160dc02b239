import { expect, test } from 'vitest';
import { hiddenChanges } from '../../src/config/hidden-changes.ts';
import { load, temporaryFile, type WrittenSources } from './load.ts';

/** Two versions of a file under the same flags and variables. */
function hidden(old: string, next: string, sources: WrittenSources = {}): readonly string[] {
  const [before, after] = [temporaryFile(old), temporaryFile(next)];
  const changes = hiddenChanges(load({ ...sources, file: before }), load({ ...sources, file: after }));
  return changes.map((text) => text.replaceAll(after, 'gateway.yaml'));
}

const forwards = (target: string) => `forwards: [{ listen: 8080, to: ${target}:80 }]`;
const typed = { command: 'forward', forwards: ['8081=a:1'] } as const;
const table: Record<string, [old: string, next: string, sources: WrittenSources, expected: readonly string[]]> = {
  'nothing changed': ['timeouts: { idle: 1h }', 'timeouts: { idle: 1h }', { flags: { 'idle-timeout': '2h' } }, []],
  'nothing is hidden': ['timeouts: { idle: 1h }', 'timeouts: { idle: 3h }', { flags: { 'dial-timeout': '2s' } }, []],
  'by a flag': [
    'timeouts:\n  idle: 1h\n  dial: 5s',
    'timeouts:\n  idle: 3h\n  dial: 6s',
    { flags: { 'idle-timeout': '2h' } },
    ['timeouts.idle has changed in gateway.yaml:2:9, but --idle-timeout hides it'],
  ],
  'by a variable': [
    '{}',
    'limits: { sessions: 5 }',
    { environment: { FLOATGATE_SESSIONS: '7' } },
    ['limits.sessions has changed in gateway.yaml:1:21, but FLOATGATE_SESSIONS hides it'],
  ],
  'a key that is gone': [
    'timeouts: { idle: 1h }\nengine: auto',
    'engine: auto',
    { flags: { 'idle-timeout': '2h' } },
    ['timeouts.idle has been removed from gateway.yaml, but --idle-timeout hides it'],
  ],
  'the former name of a key': [
    'timeouts: { drain: 1s }',
    'timeouts: { drain: 2s }',
    { flags: { 'drain-timeout': '2h' } },
    ['timeouts.drain has changed in gateway.yaml:1:20, but --drain-timeout hides it'],
  ],
  'a list': [
    'access: { allow: [10.0.0.0/8] }',
    'access: { allow: [10.0.0.0/8, 10.1.0.0/16] }',
    { flags: { allow: '::/0' } },
    ['access.allow has changed in gateway.yaml:1:11, but --allow hides it'],
  ],
  'services, as a whole': [
    'gateway: { hosts: 1-2, services: { ssh: { base: 1000, port: 22 }, x: { base: 2000, port: 1 } } }',
    'gateway: { hosts: 1-3, services: { ssh: { base: 1100, port: 22 } } }',
    { flags: { service: 'web=2000:80' } },
    ['gateway.services has changed in gateway.yaml:1:24, but --service hides it'],
  ],
  'forwards, by those that were typed': [
    forwards('a'),
    forwards('b'),
    typed,
    ['forwards have changed in gateway.yaml:1:1, but the LISTEN=TARGET of the command line hide them'],
  ],
  'forwards that were added hide nothing': [forwards('a'), forwards('b'), { added: ['8081=a:1'] }, []],
  'a gateway that forward does not serve': [
    'gateway: { hosts: 1-2 }',
    'gateway: { hosts: 1-3 }',
    typed,
    ['gateway.hosts has changed in gateway.yaml:1:19, but floatgate forward serves no gateway'],
  ],
  'a gateway that is no longer served': [`${forwards('a')}\ngateway: { hosts: 1-2 }`, forwards('a'), {}, []],
};

test.each(Object.entries(table))('%s', (_, [old, next, sources, expected]) => {
  expect(hidden(old, next, sources)).toEqual(expected);
});

test('without a file nothing is hidden', () => {
  const sources = { flags: { 'idle-timeout': '1h' } };
  expect(hiddenChanges(load(sources), load(sources))).toEqual([]);
});
