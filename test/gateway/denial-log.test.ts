import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DenialLog } from '../../src/gateway/denial-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log of denials, and `cause clients` of each of its lines. */
function opened(): { log: DenialLog; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => {
    const { cause, clients } = JSON.parse(line);
    lines.push(`${cause} ${clients}`);
  };
  return { log: new DenialLog(pino({ level: 'warn' }, { write })), lines };
}

it('counts by rules and cause, for ever', () => {
  const { log } = opened();
  log.denied('service ssh', 'address', undefined);
  log.denied('service ssh', 'source rate', undefined);
  log.denied('forward 8080', 'address', undefined);
  vi.advanceTimersByTime(1_000_000);
  log.denied('service ssh', 'address', undefined);
  expect(log.counts()).toEqual([
    { rules: 'service ssh', denial: 'address', clients: 2 },
    { rules: 'service ssh', denial: 'source rate', clients: 1 },
    { rules: 'forward 8080', denial: 'address', clients: 1 },
  ]);
});

it('has a line at once for each cause, over all rules, and one in 20 s with all since', () => {
  const { log, lines } = opened();
  for (const rules of ['service ssh', 'service http', 'service http']) log.denied(rules, 'address', undefined);
  log.denied('service ssh', 'source rate', undefined);
  expect(lines).toEqual(['address 1', 'source rate 1']);
  vi.advanceTimersByTime(19_999);
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(lines).toEqual(['address 1', 'source rate 1', 'address 2']);
});

it('reports the rest at the end, whatever the time', () => {
  const { log, lines } = opened();
  for (let client = 0; client < 3; client += 1) log.denied('service ssh', 'address', undefined);
  log.close();
  log.close();
  expect(lines).toEqual(['address 1', 'address 2']);
});
