import { describe, expect, test } from 'vitest';
import { plan, planProblems, shown } from '../plan/planning.ts';
import { load, problemsOf } from './load.ts';

describe('forwards that a running gateway was given', () => {
  const added = ['8081=10.0.0.6:80', '8082=a:1,b:2'];
  const served = (sources: Parameters<typeof plan>[0]) => plan(sources).listeners.map(shown);

  test('are served beside those of the configuration', () => {
    const yaml = 'forwards: [{ listen: 8080, to: 10.0.0.5:80 }]';
    const all = ['[::]:8080 -> 10.0.0.5:80', '[::]:8081 -> 10.0.0.6:80', '[::]:8082 -> a:1, b:2'];
    expect(served({ yaml, added })).toEqual(all);
    expect(served({ command: 'forward', forwards: ['8080=10.0.0.5:80'], added })).toEqual(all);
  });

  test('are no reason not to serve the gateway', () => {
    expect(served({ flags: { hosts: '1', service: 'ssh=30000:22' }, added: ['8081=10.0.0.6:80'] })).toEqual([
      '[::]:30001 -> 192.168.20.1:22',
      '[::]:8081 -> 10.0.0.6:80',
    ]);
  });

  test('have places of their own', () => {
    const { place, config } = load({ yaml: 'forwards: [{ listen: 8080, to: a:80 }]', added });
    expect(config.forwards.map(({ listen }) => listen.text)).toEqual(['8080', '8081', '8082']);
    expect(place(['forwards', 0, 'listen'])).toMatchObject({ kind: 'file', column: 22 });
    expect(place(['forwards', 1])).toEqual({ kind: 'flag', name: '8081=10.0.0.6:80' });
    expect(place(['forwards', 2, 'to', 1, 'target'])).toEqual({ kind: 'flag', name: '8082=a:1,b:2' });
    expect(place(['forwards', 3])).toEqual({ kind: 'default' });
    expect(place(['forwards'])).toMatchObject({ kind: 'file' });
  });

  test('have problems like those that are typed', () => {
    expect(problemsOf({ added: ['8081=a:1', '8082', '8083=a'] })).toEqual([
      '8082: Cannot read a forward: current value is "8082"; write LISTEN=TARGET, like 8080=10.0.0.5:80',
      expect.stringMatching(/^8083=a: Cannot read TARGET: current value is "a"; it has no port/),
    ]);
    const yaml = 'forwards: [{ listen: 8080, to: a:80 }]';
    expect(planProblems({ yaml, added: ['8081=a:1', '8080=b:1'] })).toEqual([
      expect.stringMatching(/^8080=b:1: Cannot listen on 8080: forward 8080 needs port 8080 too/),
    ]);
  });
});
