import { pino } from 'pino';
import { expect, it } from 'vitest';
import { lookupLog } from '../../src/observe/lookup-log.ts';

it('says which name hangs, how old the answer is that serves, and when it is answered again', () => {
  const lines: string[] = [];
  const log = lookupLog(pino({ base: null }, { write: (line) => lines.push(line) }));
  log({ kind: 'hangs', name: 'db.internal', age: 61_400 });
  log({ kind: 'hangs', name: 'web.internal' });
  log({ kind: 'answered', name: 'db.internal' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 40,
      name: 'db.internal',
      age: 61_400,
      msg: "lookup of db.internal hangs, its sessions use the last answer, 61 s old; check that this machine's name servers answer",
    },
    {
      level: 40,
      name: 'web.internal',
      msg: "lookup of web.internal hangs, its sessions wait for an answer; check that this machine's name servers answer",
    },
    { level: 30, name: 'db.internal', msg: 'lookups of db.internal are answered again' },
  ]);
});
