import { expect, it, onTestFinished, vi } from 'vitest';
import { PacedCount } from '../../src/observe/paced-count.ts';

function count(pause: number): { counted: PacedCount; reports: number[] } {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const reports: number[] = [];
  return { counted: new PacedCount(pause, (events) => reports.push(events)), reports };
}

it('reports the first at once, and later ones together once a pause', () => {
  const { counted, reports } = count(10_000);
  for (let event = 0; event < 1_000; event += 1) counted.add();
  expect(reports).toEqual([1]);
  vi.advanceTimersByTime(9_999);
  expect(reports).toEqual([1]);
  vi.advanceTimersByTime(1);
  expect(reports).toEqual([1, 999]);
  counted.add();
  vi.advanceTimersByTime(10_000);
  expect(reports).toEqual([1, 999, 1]);
});

it('reports nothing while there is nothing, and the next at once after a quiet pause', () => {
  const { counted, reports } = count(10_000);
  counted.flush();
  counted.add();
  vi.advanceTimersByTime(60_000);
  expect(reports).toEqual([1]);
  counted.add();
  expect(reports).toEqual([1, 1]);
});

it('leaves nothing unreported at the end', () => {
  const { counted, reports } = count(10_000);
  counted.add();
  counted.add();
  counted.flush();
  expect(reports).toEqual([1, 1]);
  expect(vi.getTimerCount()).toBe(0);
});
