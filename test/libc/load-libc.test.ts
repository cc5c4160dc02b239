import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadLibc } from '../../src/libc/libc.ts';

const { platform } = process;

afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
  vi.doUnmock('koffi');
  vi.resetModules();
});

/** loadLibc of a module that is loaded anew, and so loads koffi anew. */
async function loadAnew(): ReturnType<typeof loadLibc> {
  vi.resetModules();
  return (await import('../../src/libc/libc.ts')).loadLibc();
}

describe('loading the C library', () => {
  it('works here', async () => expect(await loadLibc()).toMatchObject({ ok: true }));

  it('returns the platform where it is not Linux, and does not look for koffi', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    vi.doMock('koffi', () => {
      throw new Error('looked for');
    });
    expect(await loadAnew()).toEqual({ ok: false, why: 'this is darwin, not Linux' });
  });

  // test/e2e/stream/choice.test.ts tests that koffi is not installed: a mock cannot be missing.
  it('returns why koffi does not load, in one line', async () => {
    vi.doMock('koffi', () => {
      throw new Error('GLIBC_2.99 not found');
    });
    const loaded = await loadAnew();
    expect(loaded.ok ? '' : loaded.why).toMatch(/^the optional package koffi cannot be loaded: [^\n]+$/);
  });

  it('returns why the library does not load', async () => {
    const load = (): never => {
      throw new Error('Failed to load shared library');
    };
    vi.doMock('koffi', () => ({ default: { load } }));
    expect(await loadAnew()).toEqual({
      ok: false,
      why: 'the C library cannot be used: Failed to load shared library',
    });
  });

  it('returns which function the library lacks', async () => {
    const func = (name: string): (() => number) => {
      if (name === 'splice') throw new Error(`Cannot find function '${name}'`);
      return () => 0;
    };
    vi.doMock('koffi', () => ({ default: { load: () => ({ func }) } }));
    expect(await loadAnew()).toEqual({ ok: false, why: "the C library cannot be used: Cannot find function 'splice'" });
  });
});
