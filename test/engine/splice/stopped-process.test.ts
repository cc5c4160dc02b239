import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPeer, TargetServer, until } from '../../contract/peer.ts';
import { type Compiled, compileAll } from '../../observe/compile.ts';
import { type Program, startProgram } from './splice-fixture.ts';

let compiled: Compiled;
beforeAll(() => {
  compiled = compileAll();
});
afterAll(() => compiled.remove());

/** Milliseconds: longer than every deadline in here. */
const longStop = 1_500;

async function stopped({ child }: Program): Promise<void> {
  const state = (): string | undefined => readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.[0];
  await until(() => state() === 'T', 'the process to be stopped');
  const since = performance.now();
  await until(() => performance.now() - since > longStop, 'its deadlines to pass');
}

describe('a process that is stopped for longer than a deadline first handles what came meanwhile', () => {
  it('so that a session with bytes is not idle', async () => {
    const target = await TargetServer.open();
    const program = startProgram(
      compiled,
      `const engine = openEngine();
      const onClient = async (leg) => {
        const to = { address: '127.0.0.1', port: Number(process.argv[2]) };
        const dialed = await engine.dial(to, { timeout: hour }).done;
        const relay = engine.relay(leg, dialed.leg, { idle: 1_000, halfClosed: hour, keepAlive: hour });
        print('relaying');
        print(await relay.done);
      };
      const { acceptor } = await engine.listen(loopback, { room: () => 'free', onClient });
      print(acceptor.local.port);`,
      [],
      [String(target.port)],
    );
    const client = await connectPeer(Number(await program.lines.next()));
    const peer = await target.peers.next();
    expect(await program.lines.next()).toBe('relaying');
    await client.send('before');
    await peer.has(6);
    for (let round = 1; round <= 3; round += 1) {
      program.child.kill('SIGSTOP');
      await client.send('meanwhile');
      await stopped(program);
      program.child.kill('SIGCONT');
      await peer.has(6 + 9 * round);
    }
    expect(program.lines.size).toBe(0);
    // It ends as usual once no bytes come.
    expect(await program.lines.next()).toBe('idle');
  });

  it('so that a dial that was answered has not timed out', async () => {
    const target = await TargetServer.open();
    const program = startProgram(
      compiled,
      `const engine = openEngine();
      const dial = engine.dial({ address: '127.0.0.1', port: Number(process.argv[2]) }, { timeout: 300 });
      process.kill(process.pid, 'SIGSTOP');
      const dialed = await dial.done;
      print(dialed.ok ? 'connected' : dialed.reason);
      process.exit(0);`,
      [],
      [String(target.port)],
    );
    await until(() => readFileSync(`/proc/${program.child.pid}/stat`, 'latin1').includes(') T '), 'the stop');
    await stopped(program);
    program.child.kill('SIGCONT');
    expect(await program.lines.next()).toBe('connected');
  });
});
