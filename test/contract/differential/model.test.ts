import { describe, expect, it } from 'vitest';
import { allowedEndings, allowedReasons, type Deeds, leastReceived } from './model.ts';

const stays: Deeds = { left: 'stays', fin: 'unseen', finCame: 'before or at once', owed: 'nothing' };
const staysSecond: Deeds = { ...stays, finCame: 'after the other' };
const resets: Deeds = { ...stays, left: 'resets', fin: 'none' };
const resetsUnseen: Deeds = { ...resets, fin: 'unseen' };
const resetsSeen: Deeds = { ...resets, fin: 'seen' };
const aborts: Deeds = { ...stays, left: 'aborts', fin: 'none' };
const abortsOwed: Deeds = { ...aborts, owed: 'something' };
const abortsSeen: Deeds = { ...abortsOwed, fin: 'seen' };

describe('what an end may see', () => {
  it.each([
    { other: 'stays', deeds: stays, staying: ['end'], leaving: ['end', 'nothing'] },
    { other: 'resets', deeds: resets, staying: ['reset'], leaving: ['nothing', 'reset'] },
    {
      other: 'resets after a FIN not seen yet',
      deeds: resetsUnseen,
      staying: ['end', 'reset'],
      leaving: ['end', 'nothing', 'reset'],
    },
    { other: 'resets after a FIN that was seen', deeds: resetsSeen, staying: ['end'], leaving: ['end'] },
    { other: 'aborts with nothing for it', deeds: aborts, staying: ['end'], leaving: ['end', 'nothing'] },
    {
      other: 'aborts with something for it',
      deeds: abortsOwed,
      staying: ['end', 'reset'],
      leaving: ['end', 'nothing', 'reset'],
    },
    { other: 'aborts after a FIN that was seen', deeds: abortsSeen, staying: ['end'], leaving: ['end'] },
  ])('when the other end $other', ({ deeds, staying, leaving }) => {
    expect([...allowedEndings(stays, deeds)].sort()).toEqual(staying);
    for (const me of [resets, aborts, abortsOwed]) expect([...allowedEndings(me, deeds)].sort()).toEqual(leaving);
  });
});

describe('the reasons of a session', () => {
  it.each([
    { client: stays, target: staysSecond, reasons: ['client closed'] },
    { client: staysSecond, target: stays, reasons: ['target closed'] },
    { client: stays, target: stays, reasons: ['client closed', 'target closed'] },
    { client: resets, target: stays, reasons: ['client reset'] },
    { client: stays, target: resets, reasons: ['target reset'] },
    { client: resetsUnseen, target: stays, reasons: ['client closed', 'client reset', 'target closed'] },
    { client: resetsSeen, target: staysSecond, reasons: ['client closed', 'client reset'] },
    { client: aborts, target: staysSecond, reasons: ['client closed'] },
    { client: abortsOwed, target: staysSecond, reasons: ['client closed', 'client reset'] },
    { client: abortsOwed, target: stays, reasons: ['client closed', 'client reset', 'target closed'] },
    { client: resets, target: resets, reasons: ['client reset', 'target reset'] },
    { client: resets, target: aborts, reasons: ['client reset'] },
    { client: resets, target: abortsOwed, reasons: ['client reset', 'target reset'] },
    { client: aborts, target: aborts, reasons: ['client closed', 'target closed'] },
  ])('are $reasons', ({ client, target, reasons }) => {
    expect([...allowedReasons(client, target)].sort()).toEqual(reasons);
  });
});

describe('how much an end must receive', () => {
  const passage = { sent: 30, taken: 20, acknowledged: 15, read: 10 };
  it.each([
    { what: 'all that an end sent which stayed', me: stays, other: stays, saw: 'end', input: 'kept', least: 30 },
    {
      what: 'what the kernel took before a FIN by abort',
      me: stays,
      other: aborts,
      saw: 'end',
      input: 'kept',
      least: 20,
    },
    { what: 'what was acknowledged before a reset', me: stays, other: resets, saw: 'reset', input: 'kept', least: 15 },
    {
      what: 'bytes that were read before a reset, of an end that was to get more',
      me: stays,
      other: { ...resets, owed: 'something' },
      saw: 'reset',
      input: 'kept',
      least: 10,
    },
    { what: 'what was read before an abort', me: stays, other: abortsOwed, saw: 'reset', input: 'kept', least: 10 },
    { what: 'nothing certain after a failed write', me: stays, other: resets, saw: 'reset', input: 'lost', least: 0 },
    { what: 'nothing once it has left', me: aborts, other: stays, saw: 'nothing', input: 'kept', least: 0 },
  ] as const)('$what', ({ me, other, saw, input, least }) => {
    expect(leastReceived(me, other, passage, saw, input)).toBe(least);
  });
});
