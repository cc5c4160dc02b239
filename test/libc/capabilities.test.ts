import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { heldCapabilities } from '../../src/libc/capabilities.ts';

function procOf(...threads: readonly string[]): string {
  const proc = mkdtempSync(join(tmpdir(), 'floatgate-proc-'));
  onTestFinished(() => rmSync(proc, { recursive: true }));
  for (const [id, status] of threads.entries()) {
    mkdirSync(join(proc, 'task', String(id)), { recursive: true });
    writeFileSync(join(proc, 'task', String(id), 'status'), status);
  }
  return proc;
}

test('what any thread has, or may take, counts; what no thread can come by does not', () => {
  const none =
    'CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n';
  expect(heldCapabilities(procOf(none, none))).toBe(0n);
  expect(heldCapabilities(procOf(none, none.replace('Prm:\t0000000000000000', 'Prm:\t0000002000000400')))).toBe(
    0x20_0000_0400n,
  );
});

test('without /proc nothing is known', () => {
  expect(heldCapabilities('/nonexistent')).toBeUndefined();
});
