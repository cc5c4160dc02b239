import { expect, it } from 'vitest';
import { Book } from '../../bench/soak/book.ts';
import { compareRecords } from '../../bench/soak/compare-records.ts';
import { Records } from '../../bench/soak/records.ts';

/** Sessions of one client port, one after the other, with these bytes to the target; the log lacks the `lost` lines. */
function soaked(sessions: readonly number[], lost: readonly number[], logged = sessions) {
  const [book, records] = [new Book(), new Records()];
  sessions.forEach((bytes) => {
    const entry = book.enter('burst');
    Object.assign(entry, {
      listener: '127.0.0.1:31001',
      client: '127.0.0.1:40000',
      bytes: { toTarget: bytes, toClient: 0 },
    });
  });
  logged.forEach((bytesToTarget, index) => {
    if (lost.includes(index)) return;
    const session = { id: index + 1, listener: '127.0.0.1:31001', client: '127.0.0.1:40000', reason: 'client closed' };
    const line = { level: 'info', msg: 'session closed', ...session, bytesToTarget, bytesToClient: 0 };
    records.take(JSON.stringify(line));
  });
  records.dropped = lost.length;
  return compareRecords(book, records)
    .filter(({ holds, what }) => !holds && what.startsWith('each record agrees'))
    .map(({ seen }) => seen);
}

it('finds each record though an earlier one of the same port was dropped', () => {
  expect(soaked([10, 20, 30], [0])).toEqual([]);
  expect(soaked([10, 20, 30], [0, 1])).toEqual([]);
});

it('reports a record that disagrees with its session, also where one was dropped', () => {
  expect(soaked([10, 20], [], [10, 21])).toEqual([expect.stringContaining('21 and 0 bytes instead of 20 and 0')]);
  expect(soaked([10, 20, 30], [0], [10, 20, 31])).not.toEqual([]);
});
