import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';
import { type Compiled, compileAll } from '../../observe/compile.ts';
import { startProgram } from './splice-fixture.ts';

let compiled: Compiled;
beforeAll(() => {
  compiled = compileAll();
});
afterAll(() => compiled.remove());

const openAcceptor = `
  const legs = [];
  let held = true;
  const opened = async () => {
    const engine = openEngine();
    const onClient = (leg) => { print('client'); if (held) legs.push(leg); else engine.close(leg, 'rst'); };
    const listening = await engine.listen(loopback, { room: () => 'free', onClient });
    if (!listening.ok) throw listening.error;
    return { engine, acceptor: listening.acceptor };
  };
`;

describe('the engine in a process of its own', () => {
  it.each([
    ['held', 'globalThis.kept = served;'],
    ['not held', ''],
  ])('goes on after garbage collections while it is %s', async (_, keep) => {
    const { lines } = startProgram(
      compiled,
      `${openAcceptor}
      let served = await opened();
      ${keep}
      print(served.acceptor.local.port);
      served = undefined;
      for (let round = 0; round < 10; round += 1) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      print('collected');`,
    );
    const port = Number(await lines.next());
    expect(await lines.next()).toBe('collected');
    await connectPeer(port);
    expect(await lines.next()).toBe('client');
  });

  it.each([
    ['in the embedded loop', 'embeddedLoop', ''],
    ['in the watched loop', 'watchedLoop', ''],
    ['where Node does not show how', 'embeddedLoop', 'delete process._tickCallback;'],
  ])('runs promises that are settled in an event, though nothing else wakes the loop: %s', async (_, loop, first) => {
    const { lines, exit } = startProgram(
      compiled,
      `import { writeSync } from 'node:fs';
      import { ${loop} } from './dist/engine/loop.js';
      import { Reactor } from './dist/engine/splice/reactor.js';
      ${first}
      // Loaded once more: the library looks for Node's way when it is loaded.
      const again = await loadLibc();
      const reactor = new Reactor(libc, ${loop}(again.libc));
      const fds = libc.allocate(8);
      libc.pipe2(fds.address, 0o4000);
      const probe = { fd: -1, seat: -1, pending: 0, flow: 0 };
      const ready = new Promise((resolve) => { probe.ready = () => resolve(); });
      reactor.add(probe, fds.bytes.readInt32LE(0), 1 | (1 << 31));
      ready.then(() => { print('resolved'); reactor.close(probe); reactor.shutDown(); });
      writeSync(fds.bytes.readInt32LE(4), 'x');`,
    );
    expect(await lines.next()).toBe('resolved');
    expect(await exit).toBe(0);
  });

  it('serves in a worker thread, too, whose loop libuv waits for', async () => {
    const { lines } = startProgram(
      compiled,
      `${openAcceptor}
      import { isMainThread, Worker } from 'node:worker_threads';
      import { fileURLToPath } from 'node:url';
      if (isMainThread) new Worker(fileURLToPath(import.meta.url));
      else {
        const { acceptor, engine } = await opened();
        print(acceptor.local.port);
        globalThis.kept = engine;
      }`,
    );
    const port = Number(await lines.next());
    for (let client = 0; client < 3; client += 1) {
      await connectPeer(port);
      expect(await lines.next()).toBe('client');
    }
  });

  it('leaves no descriptor when it is shut down, twice, and lets the process end', async () => {
    const { lines, exit } = startProgram(
      compiled,
      `${openAcceptor}
      import { connect } from 'node:net';
      const before = openSockets();
      const { engine, acceptor } = await opened();
      const client = connect(acceptor.local.port, '127.0.0.1');
      const dialed = await engine.dial(acceptor.local, { timeout: hour }).done;
      while (legs.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      if (legs[0].remote.port !== client.localPort) legs.reverse();
      const relay = engine.relay(legs[0], dialed.leg, { idle: hour, halfClosed: hour, keepAlive: hour });
      const closed = new Promise((resolve) => client.on('error', () => {}).on('close', resolve));
      client.write(Buffer.alloc(100_000));
      engine.dial({ address: '127.0.0.1', port: acceptor.local.port }, { timeout: hour }).cancel();
      relay.kill('killed');
      print(await relay.done);
      await closed;
      acceptor.close();
      engine.close(legs[1], 'rst');
      engine.shutDown();
      engine.shutDown();
      while (legs.length > 2) engine.close(legs.pop(), 'rst');
      print(openSockets() - before);`,
    );
    const printed: string[] = [await lines.next()];
    while (printed.at(-1) === 'client') printed[0] = await lines.next();
    expect(printed).toEqual(['killed']);
    let last = await lines.next();
    while (last === 'client') last = await lines.next();
    expect(Number(last)).toBeLessThanOrEqual(0);
    expect(await exit).toBe(0);
  });

  it('serves all clients in the end where the process has few descriptors, and does not spin until then', async () => {
    const program = startProgram(
      compiled,
      `${openAcceptor}
      const { engine, acceptor } = await opened();
      onCommand.free = () => { held = false; for (const leg of legs.splice(0)) engine.close(leg, 'rst'); };
      listenToParent();
      print(acceptor.local.port);`,
      ['sh', '-c', 'ulimit -n 48; exec "$@"', 'sh'],
    );
    const port = Number(await program.lines.next());
    const clients: Peer[] = [];
    for (let count = 0; count < 60; count += 1) clients.push(await connectPeer(port));
    await until(() => program.lines.size >= 5, 'the first to be served');
    let [served, since] = [0, 0];
    await until(() => {
      if (program.lines.size !== served) [served, since] = [program.lines.size, performance.now()];
      return performance.now() - since > 300;
    }, 'descriptors to be used up');
    expect(served).toBeLessThan(48);
    const before = processorTicks(program.child.pid);
    const started = performance.now();
    await until(() => performance.now() - started > 500, 'half a second to pass');
    // Hundredths of a second: a loop that spins takes 50.
    expect(processorTicks(program.child.pid) - before).toBeLessThan(15);
    program.write('free');
    await until(() => program.lines.size === 60, 'all to be served');
  });
});

/** User and system time (proc(5)). */
function processorTicks(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
