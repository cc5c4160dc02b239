import pino from 'pino';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { CloseReason } from '../../src/base/close-reason.ts';
import { FailureLines } from '../../src/observe/failure-lines.ts';
import { textLine } from '../../src/observe/text-line.ts';
import { sessionRecord } from './session-record.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Written lines without their time, and a way to make a session fail. */
function failing(): { lines: string[]; failures: FailureLines; fail: (reason: CloseReason, host: number) => void } {
  const lines: string[] = [];
  const levels = { formatters: { level: (label: string) => ({ level: label }) } };
  const write = (json: string) => lines.push(textLine(json, { time: 'clock', colours: 'plain' }).slice(9, -1));
  const failures = new FailureLines(pino({ base: null, ...levels }, { write }));
  const fail = (reason: CloseReason, host: number) =>
    failures.failed({ ...sessionRecord, reason, target: `192.168.20.${host}:22` });
  return { lines, failures, fail };
}

it('names cause, client, listener and target of the first, and folds more of them into one line', () => {
  const { lines, fail } = failing();
  for (let session = 0; session < 38; session += 1) fail('refused', 16);
  expect(lines).toEqual(['failed: refused  203.0.113.9:50122 -> :30016 -> 192.168.20.16:22']);
  vi.advanceTimersByTime(10_000);
  expect(lines.slice(1)).toEqual(['failed: ... 37 more in 10 s: refused, target 192.168.20.16:22']);
});

it('goes on folding while it goes on, and starts again after 10 s without', () => {
  const { lines, fail } = failing();
  fail('refused', 16);
  vi.advanceTimersByTime(5_000);
  fail('refused', 16);
  vi.advanceTimersByTime(10_000);
  fail('refused', 16);
  vi.advanceTimersByTime(30_000);
  expect(lines.length).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
  fail('refused', 16);
  expect(lines[3]).toBe(lines[0]);
});

it('writes 3 new causes and targets a second, and counts the others', () => {
  const { lines, fail } = failing();
  for (let host = 1; host <= 200; host += 1) fail('refused', host);
  for (let host = 1; host <= 50; host += 1) fail('dial timed out', host);
  fail('refused', 7);
  expect(lines.length).toBe(3);
  vi.advanceTimersByTime(1_000);
  fail('no target', 1);
  expect(lines[3]).toMatch(/^failed: no target /);
  vi.advanceTimersByTime(9_000);
  expect(lines.slice(4)).toEqual([
    'failed: ... 2 more in 10 s: refused, target 192.168.20.7:22',
    'failed: ... 246 more in 10 s: refused 196, dial timed out 50, at 200 targets',
  ]);
});

it('writes what it has counted, and leaves no timer, at the end', () => {
  const { lines, failures, fail } = failing();
  fail('refused', 16);
  vi.advanceTimersByTime(4_000);
  fail('refused', 16);
  failures.close();
  expect(lines.slice(1)).toEqual(['failed: ... 1 more in 4 s: refused, target 192.168.20.16:22']);
  expect(vi.getTimerCount()).toBe(0);
});

it('names the error of the system, and what is wrong with a header', () => {
  const { lines, failures } = failing();
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' });
  failures.failed({ ...sessionRecord, reason: 'lookup failed', target: 'db:5432', error });
  failures.failed({
    ...sessionRecord,
    reason: 'bad header',
    error: new Error('Cannot read the PROXY header: no CRLF'),
  });
  expect(lines).toEqual([
    'failed: lookup failed (ENOTFOUND)  203.0.113.9:50122 -> :30016 -> db:5432',
    'failed: bad header  203.0.113.9:50122 -> :30016 -> 192.168.20.16:22  Cannot read the PROXY header: no CRLF',
  ]);
});
