import { expect, test } from 'vitest';
import { plan, planProblems } from './planning.ts';

const usable = { splice: { usable: true } } as const;
const unusable = { splice: { usable: false, why: 'koffi is not there' } } as const;

test('auto takes splice where it works, and shows why not elsewhere', () => {
  expect(plan({ facts: usable }).engine).toEqual({ name: 'splice', why: 'zero-copy; it works here' });
  expect(plan({ facts: unusable }).engine).toEqual({
    name: 'stream',
    why: 'portable; splice does not work here: koffi is not there',
  });
});

test('the configured engine is taken', () => {
  expect(plan({ facts: usable, flags: { engine: 'stream' } }).engine).toEqual({ name: 'stream', why: 'asked for' });
  expect(plan({ facts: usable, flags: { engine: 'splice' } }).engine).toEqual({ name: 'splice', why: 'asked for' });
});

test('splice that does not work is a problem with its reason, beside others', () => {
  expect(planProblems({ facts: unusable, flags: { engine: 'splice' } })).toEqual([
    '--engine: Cannot use the splice engine: koffi is not there; write auto or stream',
  ]);
  expect(planProblems({ facts: unusable, flags: { engine: 'splice', subnet: '127.0.0.0/31' } })).toHaveLength(2);
  expect(planProblems({ facts: unusable, yaml: 'engine: splice' })[0]).toMatch(/floatgate\.yaml:1:9: /);
});
