import { expect, it } from 'vitest';
import { dialFailureOf } from '../../src/engine/dial-failure.ts';

const failed = (code: string): Error => Object.assign(new Error(code), { code });

it.each([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'refused'],
  ['ETIMEDOUT', 'dial timed out'],
  ['EMFILE', 'exhausted'],
  ['ENFILE', 'exhausted'],
  ['ENOBUFS', 'exhausted'],
  ['ENOMEM', 'exhausted'],
  ['EADDRNOTAVAIL', 'exhausted'],
  ['EAGAIN', 'exhausted'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EACCES', 'unreachable'],
] as const)('calls %s %s', (code, reason) => {
  expect(dialFailureOf(failed(code))).toBe(reason);
});

it('calls an error without a code unreachable', () => {
  expect(dialFailureOf(new Error('no code'))).toBe('unreachable');
});
