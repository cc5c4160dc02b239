import { expect, test } from 'vitest';
import { readMachineFacts } from '../../src/base/machine-facts.ts';
import { reportedDescriptorLimit, softLimit } from '../../src/base/reported-limit.ts';

test.each([
  [{ userLimits: { open_files: { soft: 1024, hard: 4096 } } }, 1024],
  [{ userLimits: { open_files: { soft: 'unlimited', hard: 'unlimited' } } }, 1_048_576],
  [{ userLimits: { open_files: { soft: '' } } }, undefined],
  [{ userLimits: {} }, undefined],
  [{}, undefined],
  [null, undefined],
])('reads the soft descriptor limit of a report', (report, limit) => {
  expect(softLimit(report, 1_048_576)).toBe(limit);
});

test.runIf(process.platform === 'linux')('the report of Node has the limit of /proc, and is left as it was', () => {
  const before: unknown = Reflect.get(process.report, 'excludeNetwork');
  expect(reportedDescriptorLimit(1_048_576)).toBe(readMachineFacts({ usable: true }).descriptors.limit);
  expect(Reflect.get(process.report, 'excludeNetwork')).toBe(before);
});
