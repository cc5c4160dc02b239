import { describe, expect, test } from 'vitest';
import { problemsOf, type WrittenSources } from './load.ts';

const service = (base: string, port: string) => `gateway: { services: { ssh: { base: ${base}, port: ${port} } } }`;

describe('a number with a leading zero is refused everywhere, with what to write', () => {
  test.each<[string, WrittenSources, string, string]>([
    ['a base', { yaml: service('030000', '22') }, '"030000"', '30000'],
    ['a base that is no octal number', { yaml: service('08080', '22') }, '"08080"', '8080'],
    ['a port', { yaml: service('30000', '022') }, '"022"', '22'],
    ['in quotes', { yaml: service('"030000"', '22') }, '"030000"', '30000'],
    ['in YAML 1.1', { yaml: `%YAML 1.1\n---\n${service('030000', '22')}` }, '"030000"', '30000'],
    ['a listener', { yaml: 'forwards: [{ listen: 08080, to: "a:1" }]' }, '"08080"', '8080'],
    [
      'a listener with its address',
      { yaml: 'forwards: [{ listen: "[::1]:0808", to: "a:1" }]' },
      '"[::1]:0808"',
      '[::1]:808',
    ],
    ['a target', { yaml: 'forwards: [{ listen: 8080, to: a:080 }]' }, '"a:080"', 'a:80'],
    ['a limit', { yaml: 'limits: { sessions: 0100 }' }, '"0100"', '100'],
    ['a number of checks', { yaml: 'forwards: [{ listen: 1, to: "a:1", health: { rise: 02 } }]' }, '"02"', '2'],
    ['a base in a flag', { flags: { service: 'ssh=030000:22' } }, '"030000"', '30000'],
    ['a port in a flag', { flags: { service: 'ssh=30000:022' } }, '"022"', '22'],
    ['a limit in a flag', { flags: { sessions: '0100' } }, '"0100"', '100'],
    ['a listener as typed', { forwards: ['08080=a:1'] }, '"08080"', '8080'],
    ['a range of ports', { forwards: ['08000-08010=a:1'] }, '"08000-08010"', '8000-8010'],
    ['a target as typed', { forwards: ['8080=a:080'] }, '"a:080"', 'a:80'],
  ])('%s', (_, sources, current, instead) => {
    expect(problemsOf(sources).map((problem) => problem.split('\n')[0])).toEqual([
      expect.stringMatching(/Cannot read \S+: current value is /),
    ]);
    expect(problemsOf(sources)[0]).toContain(
      `current value is ${current}; leave the leading zero out: write ${instead}`,
    );
  });
});
