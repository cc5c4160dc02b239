/**
 * Ends this process, as process.exit does. exit(3) waits for the threads of libuv's pool, and one in getaddrinfo(3) is
 * stuck for as long as a silent name server is asked: 10 s, and more with several servers. So where a lookup is under
 * way, _exit(2) ends the process, without what Node writes at its end when asked for (a profile, say). Where koffi does
 * not load, that wait remains.
 */
export async function endProcess(code: number): Promise<never> {
  if (process.platform === 'linux' && process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) {
    try {
      const { default: ffi } = await import('koffi');
      ffi.load(null).func('_exit', 'void', ['int'])(code);
    } catch {
      // Then as usual.
    }
  }
  process.exit(code);
}
