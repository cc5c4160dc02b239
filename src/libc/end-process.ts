/**
 * Ends this process, as process.exit does. exit(3) waits for the threads of libuv's pool, and getaddrinfo(3) keeps its
 * thread while a name server is silent: 10 s, and more with several servers. So _exit(2) ends the process while a
 * lookup runs; Node writes no profile then. Where koffi does not load, that wait remains.
 */
export async function endProcess(code: number): Promise<never> {
  if (process.platform === 'linux' && process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) {
    try {
      const { default: ffi } = await import('koffi');
      ffi.load(null).func('_exit', 'void', ['int'])(code);
    } catch {
      // process.exit has to do.
    }
  }
  process.exit(code);
}
