import { describe, expect, it } from 'vitest';
import { measurePairs, type PairReport } from '../../../bench/against/measure-against.ts';
import { againstTable, rowsOf } from '../../../bench/against/table.ts';
import type { Engine } from '../../../bench/forwarders/floatgate.ts';
import type { Forwarder } from '../../../bench/forwarders/forwarder.ts';
import { Children } from '../../../bench/process/children.ts';
import { loopback } from '../../../bench/process/stage.ts';
import { Progress } from '../../../bench/progress.ts';
import type { Figure, Sample, Scenario } from '../../../bench/scenarios/scenario.ts';

const cpu: Figure = { key: 'cpu', label: 'CPU per request', unit: 'us', better: 'less', of: 'path' };
const rate: Figure = { key: 'rate', label: 'requests', unit: '/s', better: 'more', of: 'path' };
const moved: Figure = { key: 'moved', label: 'moved a round', unit: 'GB', better: 'more', of: 'path' };

interface Rounds {
  readonly this: readonly Sample[];
  readonly other: readonly Sample[];
}

/** Runs a scenario whose samples are known over forwarders without a process; `order` is who was measured when. */
async function measured(samples: Rounds, engines: readonly Engine[] = ['splice']) {
  const children = new Children();
  const stage = loopback(children);
  const order: string[] = [];
  const taken = { this: 0, other: 0 };
  // The scenario knows a forwarder by the port where it "listens".
  const ports = new Map<number, { readonly side: 'this' | 'other'; readonly engine: Engine }>();
  const forwarder = (side: 'this' | 'other', engine: Engine): Forwarder => {
    const port = ports.size + 1;
    ports.set(port, { side, engine });
    const open = async () => ({ at: { host: '127.0.0.1', port }, close: async () => {} });
    return { kind: 'kernel', name: side, role: 'subject', stage, open };
  };
  const scenario: Scenario = {
    name: 'made-up',
    title: 'Made up',
    logs: 'problems',
    figures: [rate, cpu, moved],
    start: async () => ({
      target: { host: '127.0.0.1', port: 1 },
      measure: async ({ at }) => {
        const asked = ports.get(at.port);
        if (asked === undefined) throw new Error(`Cannot go on: nothing listens at port ${at.port}`);
        order.push(`${asked.engine} ${asked.side}`);
        const sample = samples[asked.side][taken[asked.side]++ % samples[asked.side].length];
        return { sample: sample ?? {} };
      },
      stop: async () => {},
    }),
  };
  const pairs = await measurePairs(
    [scenario],
    engines,
    (engine) => [forwarder('this', engine), forwarder('other', engine)],
    {
      rounds: samples.this.length,
      timing: { warmUp: 0, duration: 100 },
      failures: 'strict',
      children,
      progress: new Progress(),
    },
  );
  return { pairs, order };
}

const cpuOf = (values: readonly number[]): Sample[] => values.map((value) => ({ cpu: value }));
const firstOf = ([first]: readonly PairReport[]): PairReport => {
  if (first === undefined) throw new Error('Cannot go on: there is no pair');
  return first;
};

describe('rounds of two builds', () => {
  it('begin with each build in turn, one engine after the other', async () => {
    const { order, pairs } = await measured({ this: cpuOf([1, 1, 1]), other: cpuOf([1, 1, 1]) }, ['splice', 'stream']);
    const sides = ['this', 'other', 'other', 'this', 'this', 'other'];
    expect(order).toEqual([...sides.map((side) => `splice ${side}`), ...sides.map((side) => `stream ${side}`)]);
    expect(pairs.map(({ engine, forwarders }) => [engine, forwarders.map(({ name }) => name)])).toEqual([
      ['splice', ['this', 'other']],
      ['stream', ['this', 'other']],
    ]);
  });
});

describe('the ratio of two builds', () => {
  it('is the median of those of the rounds, not the ratio of medians', async () => {
    // Medians are 30 and 20: 1.5x. The machine drifted, and within each round they were nearly alike.
    const { pairs } = await measured({ this: cpuOf([10, 30, 44]), other: cpuOf([10, 20, 40]) });
    const [row] = rowsOf(firstOf(pairs));
    expect(row).toMatchObject({ ours: { median: 30 }, theirs: { median: 20 }, verdict: 'within noise' });
    expect(row?.ratio.median).toBeCloseTo(1.1);
    expect([row?.ratio.min, row?.ratio.max]).toEqual([1, 1.5]);
  });

  it.each([
    ['CPU of 1.16x', { cpu: 116 }, { cpu: 100 }, 'worse'],
    ['CPU of 1.15x', { cpu: 115 }, { cpu: 100 }, 'within noise'],
    ['CPU of 0.5x', { cpu: 50 }, { cpu: 100 }, 'within noise'],
    ['a throughput of 0.86x', { rate: 86 }, { rate: 100 }, 'worse'],
    ['a throughput of 0.88x', { rate: 88 }, { rate: 100 }, 'within noise'],
    ['a throughput of 2x', { rate: 200 }, { rate: 100 }, 'within noise'],
  ])('of %s is %4$s', async (_, ours, theirs, verdict) => {
    const { pairs } = await measured({ this: [ours], other: [theirs] });
    expect(rowsOf(firstOf(pairs)).map((row) => row.verdict)).toEqual([verdict]);
  });

  it('has no line of its own for what follows from the throughput', async () => {
    const sample = { rate: 1, cpu: 1, moved: 1 };
    const { pairs } = await measured({ this: [sample], other: [sample] });
    expect(rowsOf(firstOf(pairs)).map((row) => row.figure.key)).toEqual(['rate', 'cpu']);
  });
});

describe('the table', () => {
  async function table(ours: readonly number[], theirs: readonly number[]): Promise<string[]> {
    const { pairs } = await measured({ this: cpuOf(ours), other: cpuOf(theirs) });
    const machine = { cores: 2, cpu: 'some', memoryGiB: 4, kernel: '6.1', node: 'v24.0.0' };
    return againstTable({
      date: '2026-01-02T03:04:05.000Z',
      machine,
      rounds: ours.length,
      timing: { warmUp: 0, duration: 100 },
      builds: { this: { folder: '.', version: '2.0.0' }, other: { folder: '../old', version: '1.0.0' } },
      pairs,
    }).split('\n');
  }
  const seven = (value: number): number[] => Array.from({ length: 7 }, () => value);

  it('names both builds, and has a ratio with its span for each figure', async () => {
    const lines = await table([99, 100, 110], [100, 100, 100]);
    expect(lines).toContain('this:  2.0.0, this project');
    expect(lines).toContain('other: 1.0.0, ../old');
    expect(lines).toContain('Made up; splice');
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}CPU per request, us {3}100 +100 +1\.00x \[0\.99 \.\. 1\.10\]$/),
    );
    expect(lines).toContain('Nothing is worse by more than 1.15x.');
  });

  it('marks what is worse, and when that counts', async () => {
    const lines = await table(seven(130), seven(100));
    expect(lines).toContainEqual(expect.stringMatching(/1\.30x \[1\.30 \.\. 1\.30\] {3}WORSE$/));
    expect(lines.join('\n')).toContain('Marked WORSE: 1 figure, by more than 1.15x in this run.');
    expect(lines.join('\n')).toContain('A loss counts only where two runs of 7 rounds both show it.');
    expect(lines.join('\n')).not.toContain('do not count');
  });

  it('notes that the marks of fewer rounds do not count', async () => {
    expect((await table([130, 130], [100, 100])).join('\n')).toContain(
      'This run has 2 rounds: its marks do not count.',
    );
  });
});
