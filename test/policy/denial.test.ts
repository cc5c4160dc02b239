import { expect, test } from 'vitest';
import { closeReasonOf, type Denial } from '../../src/policy/denial.ts';

test.each<[Denial, string]>([
  ['address', 'denied'],
  ['source sessions', 'limit'],
  ['source rate', 'limit'],
  ['service sessions', 'limit'],
  ['target sessions', 'limit'],
])('%s ends a session as %s', (denial, reason) => {
  expect(closeReasonOf(denial)).toBe(reason);
});
