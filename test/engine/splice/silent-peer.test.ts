import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { payload, until } from '../../contract/peer.ts';
import { isRoot } from '../../helpers/nobody.ts';
import { type Compiled, compileAll } from '../../observe/compile.ts';
import { openEngine, startProgram } from './splice-fixture.ts';

/** A network namespace of its own, which ends with its process. */
const ownNetwork = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

function hindrance(): string | undefined {
  if (!isRoot) return 'a network namespace needs root';
  const rule = ['iptables', '-I', 'INPUT', '-p', 'tcp', '--dport', '1', '-j', 'DROP'];
  const [command = '', ...rest] = [...ownNetwork, ...rule];
  return spawnSync(command, rest).status === 0 ? undefined : 'no namespace, or no iptables in it';
}

const why = hindrance();

describe.skipIf(why !== undefined)(
  `a peer that vanishes while bytes are on their way to it${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    let compiled: Compiled;
    beforeAll(() => {
      compiled = compileAll();
    });
    afterAll(() => compiled.remove());

    it.each(['client', 'target'])('ends the session: the %s', async (who) => {
      const { lines } = startProgram(
        compiled,
        `import { connect, createServer } from 'node:net';
        import { spawnSync } from 'node:child_process';
        const keepAlive = 2_000;
        const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
        const engine = openEngine();
        const server = createServer().listen(0, '127.0.0.1');
        await next(server, 'listening');
        let came;
        const leg = new Promise((resolve) => { came = resolve; });
        const { acceptor } = await engine.listen(loopback, { room: () => 'free', onClient: came });
        const client = connect(acceptor.local.port, '127.0.0.1');
        const accepted = next(server, 'connection');
        const dialed = await engine.dial({ address: '127.0.0.1', port: server.address().port }, { timeout: hour }).done;
        const target = await accepted;
        for (const socket of [client, target]) socket.on('error', () => {}).resume();
        const relay = engine.relay(await leg, dialed.leg, { idle: hour, halfClosed: hour, keepAlive });
        client.write('hello');
        await next(target, 'data');
        const [dead, alive] = process.argv[2] === 'client' ? [client, target] : [target, client];
        const drop = ['-I', 'INPUT', '-p', 'tcp', '--dport', String(dead.localPort), '-j', 'DROP'];
        if (spawnSync('iptables', drop).status !== 0) throw new Error('iptables');
        const since = performance.now();
        // Silence counts from the last acknowledgement, which came before the rule.
        alive.write(Buffer.alloc(100_000));
        const reason = await relay.done;
        const took = performance.now() - since;
        print(reason, relay.error?.code, took < 200 ? 'too early' : took < 10_000 ? 'in time' : 'too late');
        process.exit(0);`,
        ownNetwork,
        [who],
      );
      expect(await lines.next()).toBe(`${who} reset ETIMEDOUT in time`);
    });
  },
);

it('a reader that pauses, but acknowledges, lives on long after the keepalive time', async () => {
  const fixture = await EngineFixture.open(openEngine());
  const { client, target, relay } = await fixture.session({ ...longTimeouts, halfClosed: 80, keepAlive: 1_000 });
  const { data, digest } = payload(16 * 1024 * 1024);
  target.socket.pause();
  const sent = client.send(data);
  await until(() => relay.heldToTarget > 0, 'bytes to be held');
  const since = performance.now();
  await until(() => performance.now() - since > 4_000, 'four times keepalive to pass');
  expect(relay.state).toBe('relaying');
  expect(relay.heldToTarget).toBeGreaterThan(0);
  target.socket.resume();
  await sent;
  await target.has(data.length);
  expect(target.digest()).toBe(digest);
});
