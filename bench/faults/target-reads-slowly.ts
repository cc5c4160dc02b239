import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../process/proc.ts';
import { settledMemory } from '../process/settled-memory.ts';
import type { Fault } from './fault.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;
/** Bytes a second that the target takes. */
const rate = MiB;
/** What README says that a direction holds at most, in a pipe or in buffers. */
const bound = { splice: MiB, stream: 256 * KiB };
/** What the target has read ahead, and what moves while we look. */
const blur = 256 * KiB;
/** Milliseconds between two looks. */
const interval = 100;

/** A fast client and a slow target. */
export const targetReadsSlowly: Fault = {
  name: 'target-reads-slowly',
  title: 'target is slow to read',
  load: '1 GiB offered to a reader of 1 MiB/s, stopped after 30 s',
  expected:
    'held within 1 MiB (splice) or 256 KiB (stream), seen from outside to 256 KiB; RSS grows by less than 16 MiB; every byte read is right',
  needs: [],
  async run(scene) {
    const duration = scene.pick({ ci: 3_000, full: 30_000 });
    const echo = await scene.target({ kind: 'echo' });
    const slow = await scene.target({ kind: 'read slowly', rate });
    const { gateway, doors } = await scene.forwards([slow.at, echo.at]);
    const neighbour = await scene.neighbour(doors[1]);
    const clients = scene.clients();
    const memory = scene.pick({ ci: async (pid: number) => residentBytes(pid), full: settledMemory });
    const before = { rss: await memory(gateway.pid), tcp: tcpMemory() };
    const most = { held: 0, rss: 0, tcp: 0 };
    const offered = scene.pick({ ci: 128 * MiB, full: 1_024 * MiB });
    await clients.ask('pour', { to: doors[0], bytes: offered });
    const end = performance.now() + duration;
    while (performance.now() < end) {
      const [{ bytes }, counts] = await Promise.all([clients.ask('sent', null), slow.agent.ask('counts', null)]);
      const held = bytes - queued([doors[0].port, slow.at.port]) - counts.read;
      most.held = Math.max(most.held, held);
      most.rss = Math.max(most.rss, residentBytes(gateway.pid) - before.rss);
      most.tcp = Math.max(most.tcp, tcpMemory() - before.tcp);
      await delay(interval);
    }
    const [sent, counts] = await Promise.all([clients.ask('sent', null), slow.agent.ask('counts', null)]);
    scene.check('the client was held back', sent.bytes < offered && sent.failure === undefined, sent);
    scene.check('what was read is right', counts.brokenAt === undefined, counts.brokenAt ?? '');
    const expected = (rate * duration) / 1_000;
    scene.check('the target had its share all the time', counts.read > expected * 0.5, counts.read);
    scene.check('held within its bound', most.held <= bound[scene.engine] + blur, most.held);
    scene.check('RSS grew by less than 16 MiB', most.rss < 16 * MiB, most.rss);
    scene.saw(`sent ${mib(sent.bytes)}, read ${mib(counts.read)}; at most ${mib(most.held)} held by the gateway`);
    scene.saw(`RSS +${mib(most.rss)}; TCP memory of the machine +${mib(most.tcp)}`);
    // The target goes first: a reset of the client would wait for its bytes to be taken, 10 s at most.
    await slow.agent.stop();
    await gateway.recorded({ 'target reset': 1 });
    await scene.over(gateway, neighbour);
  },
};

/** Bytes in the kernel's queues of all connections from or to these ports (proc_net_tcp). */
function queued(ports: readonly number[]): number {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')));
  let bytes = 0;
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state, queues = ''] = line.trim().split(/\s+/);
    // 0A is a listening socket, whose queue is one of connections.
    if (state === '0A' || ![local, remote].some((address) => wanted.has(address.slice(-4)))) continue;
    for (const queue of queues.split(':')) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
}

/** Bytes of memory that TCP uses on this machine: /proc/net/sockstat counts pages of 4 KiB. */
function tcpMemory(): number {
  const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'latin1'))?.[1];
  return Number(pages ?? 0) * 4 * KiB;
}

function mib(bytes: number): string {
  return `${(bytes / MiB).toFixed(2)} MiB`;
}
