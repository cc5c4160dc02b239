import { expect, it } from 'vitest';
import { withGateway } from '../../src/cli/running-gateway.ts';
import { fakeIo, run } from './fake-io.ts';

it.each(['status', 'sessions', 'targets', 'reload', 'drain', 'log-level'])(
  '%s ends with 1 where the gateway is not there',
  async (command) => {
    const gone = { code: 1, out: '', err: expect.stringMatching(/^Cannot reach the gateway at \/nowhere\/at.sock: /) };
    expect(await run([command, '--instance', '/nowhere/at.sock'])).toEqual(gone);
    expect(await run([command], { FLOATGATE_INSTANCE: '/nowhere/at.sock' })).toEqual(gone);
  },
);

it.each([
  ['none', 1],
  ['several', 2],
  ['no such name', 2],
] as const)('prints why no gateway is meant: %s', async (why, expected) => {
  const io = fakeIo();
  try {
    const find = async () => ({ ok: false, why, message: 'Cannot find it\n  floatgate up' }) as const;
    const code = await withGateway({ options: new Map() }, io, async () => 0, find);
    expect({ code, out: io.out(), err: io.err() }).toEqual({
      code: expected,
      out: '',
      err: 'Cannot find it\n  floatgate up\n',
    });
  } finally {
    io.remove();
  }
});
