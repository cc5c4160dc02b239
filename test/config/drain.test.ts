import { describe, expect, test } from 'vitest';
import { plan } from '../plan/planning.ts';
import { load, problemsOf } from './load.ts';

const facts = { pid1: true };

describe('the time that sessions have at the end', () => {
  test.each([
    ['', {}, 10_000],
    ['drain: { sessions: 3s }', {}, 3000],
    ['timeouts: { drain: 4s }', {}, 4000],
    ['timeouts: { drain: 4s }\ndrain: { sessions: 4000ms }', {}, 4000],
    ['timeouts: { drain: 4s }', { flags: { 'drain-timeout': '5s' } }, 5000],
    ['timeouts: { drain: 4s }', { environment: { FLOATGATE_DRAIN_TIMEOUT: '6s' } }, 6000],
    ['drain: { sessions: 3s }', { flags: { 'drain-timeout': '0s' } }, 0],
  ])('%j and %j: %i ms', (yaml, sources, expected) => {
    expect(plan({ yaml, ...sources }).drain.sessions).toBe(expected);
  });

  test('is shorter where the process is the first one of a container, unless it is given', () => {
    expect(plan({ facts }).drain).toEqual({ grace: 0, sessions: 8000, until: 'deadline' });
    expect(plan({ facts, yaml: 'timeouts: { drain: 9s }' }).drain.sessions).toBe(9000);
    expect(plan({ facts, flags: { 'drain-timeout': '10s' } }).drain.sessions).toBe(10_000);
  });

  test('under two names with different values is a problem that names both places', () => {
    expect(problemsOf({ yaml: 'drain:\n  sessions: 5s\ntimeouts: { drain: 4s }' })).toEqual([
      [
        'floatgate.yaml:3:20: Cannot use timeouts.drain: current value is "4s", and it is the former name of ' +
          'drain.sessions, which is 5s in floatgate.yaml:2:13; leave timeouts.drain out',
        '  timeouts: { drain: 4s }',
        '                     ^^',
      ].join('\n'),
    ]);
  });

  test('under its former name has no flag of its own, and is checked alike', () => {
    expect(problemsOf({ yaml: 'timeouts: { drain: 4 parsecs }' })[0]).toContain('Cannot read timeouts.drain');
    expect(load({ flags: { 'drain-timeout': '4s' } }).config.timeouts).not.toHaveProperty('drain');
  });
});

test('grace and until come by the file, flags and variables', () => {
  expect(plan({ yaml: 'drain: { grace: 5s, until: empty }' }).drain).toMatchObject({ grace: 5000, until: 'empty' });
  const flags = { 'drain-grace': '1m', 'drain-until': 'empty' };
  expect(plan({ flags }).drain).toMatchObject({ grace: 60_000, until: 'empty' });
  const environment = { FLOATGATE_DRAIN_GRACE: '2s', FLOATGATE_DRAIN_UNTIL: 'deadline' };
  expect(plan({ environment }).drain).toMatchObject({ grace: 2000, until: 'deadline' });
  expect(problemsOf({ flags: { 'drain-until': 'never' } })).toEqual([
    '--drain-until: Cannot read drain.until: current value is "never"; write deadline or empty',
  ]);
});
