import pino from 'pino';
import { expect, it } from 'vitest';
import { turnedAwayLog } from '../../src/gateway/turned-away.ts';

it('says at once that clients are turned away, and then no more for a while', () => {
  const lines: Record<string, unknown>[] = [];
  const turnedAway = turnedAwayLog(pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }));
  for (let client = 0; client < 1000; client++) turnedAway();
  expect(lines).toMatchObject([{ level: 40, clients: 1, reason: 'limit' }]);
});
