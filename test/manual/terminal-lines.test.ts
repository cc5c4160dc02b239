import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { sessionLog } from '../../src/observe/session-log.ts';
import { textLine } from '../../src/observe/text-line.ts';
import type { SessionRecord } from '../../src/session/session-events.ts';
import { sessionRecord } from '../observe/session-record.ts';
import { examples } from './pages.ts';

const [failures, verbose] = examples
  .filter(({ name, language }) => name.startsWith('src/manual/logs.md') && language === 'text')
  .map(({ text }) => text.trim());

/** What a terminal of 80 columns shows of `act`, which begins at 10:41:18. */
function shown(which: 'all' | 'failures', act: (log: ReturnType<typeof sessionLog>) => void): string {
  vi.useFakeTimers({ now: new Date(2026, 10, 22, 10, 41, 18) });
  onTestFinished(() => void vi.useRealTimers());
  let text = '';
  const write = (json: string) => {
    text += textLine(json, { time: 'clock', colours: 'plain', columns: 80 });
  };
  const levels = { level: 'debug', formatters: { level: (label: string) => ({ level: label }) } };
  const logger = pino({ base: null, timestamp: () => `,"time":${Date.now()}`, ...levels }, { write });
  act(sessionLog({ logger, shown: which, byteless: 'each' }));
  return text;
}

it('shows failures as a terminal does', () => {
  const record: SessionRecord = { ...sessionRecord, reason: 'refused', target: '192.168.20.16:22' };
  const text = shown('failures', (log) => {
    for (let session = 0; session < 38; session += 1) log.closed(record);
    vi.advanceTimersByTime(10_000);
  });
  expect(text.trim()).toBe(failures);
});

it('shows sessions as --verbose does', () => {
  const record: SessionRecord = {
    ...sessionRecord,
    service: 'http',
    client: '203.0.113.9:50124',
    target: '192.168.20.16:80',
    bytesToTarget: 81,
    bytesToClient: 197,
    duration: 120,
    reason: 'client closed',
  };
  const text = shown('all', (log) => {
    log.opened({ ...record, state: 'dialing', heldToTarget: 0, heldToClient: 0 });
    log.closed(record);
  });
  expect(text.trim()).toBe(verbose);
});
