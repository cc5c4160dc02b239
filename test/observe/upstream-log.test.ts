import { pino } from 'pino';
import { expect, it } from 'vitest';
import { lookupLog, poolLog } from '../../src/observe/upstream-log.ts';

const advice = "check that this machine's name servers answer";

it('logs which name hangs, the age of the answer in use, and that lookups work again', () => {
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
      msg: `lookup of db.internal hangs, its sessions use the last answer, 61 s old; ${advice}`,
    },
    {
      level: 40,
      name: 'web.internal',
      msg: `lookup of web.internal hangs, its sessions wait for an answer; ${advice}`,
    },
    { level: 30, name: 'db.internal', msg: 'lookups of db.internal are answered again' },
  ]);
});

it('warns of a target that is out and of a pool without any, and logs when they are back', () => {
  const lines: string[] = [];
  const log = poolLog(pino({ base: null }, { write: (line) => lines.push(line) }));
  log({ kind: 'target out', pool: '8080', target: '10.0.0.5:80', cause: 'checks', why: 'refused' });
  log({ kind: 'pool empty', pool: '8080' });
  log({ kind: 'target in', pool: '8080', target: '10.0.0.5:80', cause: 'checks' });
  log({ kind: 'pool has targets again', pool: '8080' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 40,
      pool: '8080',
      target: '10.0.0.5:80',
      msg: 'target 10.0.0.5:80 of 8080 is out: checks failed, the last: refused',
    },
    { level: 40, msg: 'no target of 8080 is left: checks have put all of them out, its clients are reset' },
    { level: 30, msg: 'target 10.0.0.5:80 of 8080 is in again' },
    { level: 30, msg: '8080 has a target again' },
  ]);
});
