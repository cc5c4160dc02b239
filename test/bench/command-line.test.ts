import { describe, expect, it } from 'vitest';
import { type Job, parseCommandLine } from '../../bench/command-line.ts';

function against(...args: string[]): Extract<Job, { kind: 'against' }> {
  const job = parseCommandLine(['--against', '../old', ...args]);
  if (job.kind !== 'against') throw new Error(`Cannot go on: the job is ${job.kind}`);
  return job;
}

describe('--against FOLDER', () => {
  it('is 7 rounds of every scenario over both engines', () => {
    const job = against();
    expect(job).toMatchObject({ folder: '../old', engines: ['splice', 'stream'], rounds: 7 });
    expect(job.scenarios.map(({ name }) => name)).toEqual([
      'bulk',
      'bulk-both-ways',
      'keep-alive',
      'connections',
      'connections-logged',
      'ping-pong',
      'idle',
    ]);
    expect(job.results).toBeUndefined();
  });

  it('takes one engine, some scenarios, fewer rounds, and a folder for the results', () => {
    const job = against('--engine', 'stream', '--scenario', 'connections', '--rounds', '3', '--results', 'out');
    expect(job).toMatchObject({ engines: ['stream'], rounds: 3, results: 'out' });
    expect(job.scenarios.map(({ name }) => name)).toEqual(['connections']);
  });

  it.each([
    [['--peers'], 'Cannot do --peers and --against in one run'],
    [['--peer', 'haproxy'], 'Cannot take --peer with --against'],
    [['--variant', 'a=b {listen} {target}'], 'Cannot take --variant with --against'],
    [['--floatgate', 'main.js'], 'Cannot take --floatgate with --against'],
    [['--engine', 'auto'], 'Cannot take --engine auto: it is splice or stream'],
    [['--scenario', 'start-up'], "Cannot run 'start-up'"],
  ])('refuses %j beside it', (args, message) => {
    expect(() => against(...args)).toThrow(message);
  });

  it('refuses an empty folder, which would be this project itself', () => {
    expect(() => parseCommandLine(['--against', ''])).toThrow('--against needs the folder of the other one');
  });
});
