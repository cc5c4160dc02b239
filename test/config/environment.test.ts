import { describe, expect, test } from 'vitest';
import { load, problemsOf, warningsOf } from './load.ts';

const warnings = (environment: Record<string, string>) => warningsOf({ environment });

describe('unknown variables', () => {
  test('one is named, with the nearest setting', () => {
    expect(warnings({ FLOATGATE_DIAL_TIMEOT: '1s', PATH: '/bin' })).toEqual([
      'Cannot use FLOATGATE_DIAL_TIMEOT: there is no such setting; did you mean FLOATGATE_DIAL_TIMEOUT?',
    ]);
    expect(warnings({ FLOATGATE_XYZZY: '1' })).toEqual([
      'Cannot use FLOATGATE_XYZZY: there is no such setting; unset it',
    ]);
  });

  test('several are one line', () => {
    expect(warnings({ FLOATGATE_DIAL_TIMEOT: '1s', FLOATGATE_XYZZY: '1' })).toEqual([
      'Cannot use 2 variables: there are no settings ' +
        'FLOATGATE_DIAL_TIMEOT (did you mean FLOATGATE_DIAL_TIMEOUT?), FLOATGATE_XYZZY; correct or unset them',
    ]);
    const many = Object.fromEntries(Array.from({ length: 103 }, (_, n) => [`FLOATGATE_XYZZY${n}`, '1']));
    const [line = '', ...more] = warnings(many);
    expect(more).toEqual([]);
    expect(line).toMatch(/^Cannot use 103 variables: .*FLOATGATE_XYZZY9 and 93 more; correct or unset them$/);
  });

  test('those of a Kubernetes Service called floatgate give no warning', () => {
    const ports = ['SSH', 'HTTP', 'HTTPS'].map((name, index) => [
      `FLOATGATE_SERVICE_PORT_${name}`,
      `${30_001 + index}`,
    ]);
    const tcp = ['', '_PROTO', '_PORT', '_ADDR'].map((end) => [`FLOATGATE_PORT_30001_TCP${end}`, 'x']);
    const environment = {
      FLOATGATE_SERVICE_HOST: '10.0.0.1',
      FLOATGATE_SERVICE_PORT: '30001',
      FLOATGATE_PORT: 'tcp://10.0.0.1:30001',
      FLOATGATE_METRICS_PORT: 'tcp://10.0.0.2:9100',
      FLOATGATE_METRICS_SERVICE_HOST: '10.0.0.2',
      ...Object.fromEntries([...ports, ...tcp]),
    };
    expect(warnings(environment)).toEqual([]);
    expect(warnings({ FLOATGATE_PORT: '8080' })).toHaveLength(1);
    const { config } = load({ environment: { ...environment, FLOATGATE_SERVICE: 'web=31000:80' } });
    expect(config.gateway?.services).toEqual({ web: { base: 31_000, port: 80 } });
  });
});

describe('switches', () => {
  test.each(['1', 'true', 'YES', 'On'])('%s is on', (text) => {
    expect([...load({ environment: { FLOATGATE_SKIP_BUSY: text } }).switches]).toEqual(['skip-busy']);
  });

  test.each(['0', 'false', 'NO', 'Off', ''])('%j is off', (text) => {
    expect(load({ environment: { FLOATGATE_SKIP_BUSY: text } }).switches.size).toBe(0);
  });

  test('anything else is refused', () => {
    expect(problemsOf({ environment: { FLOATGATE_JSON: 'maybe' } })).toEqual([
      'FLOATGATE_JSON: Cannot read FLOATGATE_JSON: current value is "maybe"; write true or false',
    ]);
  });

  test('a flag wins over its variable', () => {
    const environment = { FLOATGATE_VERBOSE: 'yes' };
    expect(load({ environment, flags: { verbose: 'false' } }).switches.has('verbose')).toBe(false);
    expect(load({ environment, flags: { 'skip-busy': 'true' } }).switches).toEqual(new Set(['skip-busy', 'verbose']));
  });
});
