import { expect, it } from 'vitest';
import { processIo } from '../../src/cli/process-io.ts';

it('leaves no listener behind where it writes again and again', async () => {
  const entry = { takeSignals: () => {} } as unknown as Parameters<typeof processIo>[0];
  const { stdout, stderr } = processIo(entry, () => {});
  const listeners = () => [process.stdout, process.stderr].map((stream) => stream.listenerCount('error'));
  const before = listeners();
  for (let n = 0; n < 12; n++) {
    await stdout.write('');
    await stderr.write('');
  }
  expect(listeners()).toEqual(before);
});
