import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { residentBytes } from '../../bench/process/proc.ts';
import { settledMemory } from '../../bench/process/settled-memory.ts';
import type { Fault } from './fault.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;
/** Bytes a second that the target takes. */
const rate = MiB;
/** What a direction holds at most by the manual, in a pipe or in buffers. */
const bound = { splice: MiB, stream: 256 * KiB };
/** What the target has read ahead of what it has counted, and the piece that the client is about to count. */
const blur = 128 * KiB;
/** Milliseconds between two looks. */
const interval = 100;
/** Milliseconds more for two looks at one moment, on a busy machine. */
const patience = 30_000;

/** Where the bytes are at one moment. */
interface Look {
  /** Bytes that the client's kernel took. */
  readonly sent: number;
  /** Bytes that the target read. */
  readonly read: number;
  /** Bytes in each queue of the kernel. */
  readonly queues: readonly number[];
}

/** A fast client and a slow target. */
export const targetReadsSlowly: Fault = {
  name: 'target-reads-slowly',
  title: 'target is slow to read',
  load: '1 GiB offered to a reader of 1 MiB/s, stopped after 30 s',
  expected:
    'held within 1 MiB (splice) or 256 KiB (stream), seen from outside to 128 KiB; ' +
    'RSS grows by less than 16 MiB; every byte read is right',
  needs: [],
  async run(fixture) {
    const duration = fixture.pick({ ci: 3_000, full: 30_000 });
    const echo = await fixture.target({ kind: 'echo' });
    const slow = await fixture.target({ kind: 'read slowly', rate });
    const { gateway, listeners } = await fixture.forwards([slow.at, echo.at]);
    const neighbour = await fixture.neighbour(listeners[1]);
    const clients = fixture.clients();
    const memory = fixture.pick({ ci: async (pid: number) => residentBytes(pid), full: settledMemory });
    const before = { rss: await memory(gateway.pid), tcp: tcpMemory() };
    const most = { held: 0, rss: 0, tcp: 0 };
    const looks = { all: 0, still: 0 };
    async function look(): Promise<Look> {
      const [sent, counts] = await Promise.all([clients.ask('sent', null), slow.agent.ask('counts', null)]);
      return { sent: sent.bytes, read: counts.read, queues: queues([listeners[0].port, slow.at.port]) };
    }
    const offered = fixture.pick({ ci: 128 * MiB, full: 1_024 * MiB });
    await clients.ask('pour', { to: listeners[0], bytes: offered });
    const end = performance.now() + duration;
    const usable = (): boolean => looks.still > 0 || performance.now() > end + patience;
    while (performance.now() < end || !usable()) {
      // On a busy machine two looks take longer than the pause between two reads.
      if (performance.now() >= end) await slow.agent.ask('hold', null);
      const held = heldIn(await look(), await look());
      looks.all += 1;
      if (held !== undefined) {
        looks.still += 1;
        most.held = Math.max(most.held, held);
      }
      most.rss = Math.max(most.rss, residentBytes(gateway.pid) - before.rss);
      most.tcp = Math.max(most.tcp, tcpMemory() - before.tcp);
      await delay(interval);
    }
    const [sent, counts] = await Promise.all([clients.ask('sent', null), slow.agent.ask('counts', null)]);
    fixture.check('the client had to wait', sent.bytes < offered && sent.failure === undefined, sent);
    fixture.check('what was read is right', counts.brokenAt === undefined, counts.brokenAt ?? '');
    const expected = (rate * duration) / 1_000;
    fixture.check('the target had its share all the time', counts.read > expected * 0.5, counts.read);
    fixture.check('some looks found that nothing moved', looks.still > 0, looks);
    fixture.check('held within its bound', most.held <= bound[fixture.engine] + blur, most.held);
    fixture.check('RSS grew by less than 16 MiB', most.rss < 16 * MiB, most.rss);
    fixture.saw(
      `sent ${mib(sent.bytes)}, read ${mib(counts.read)}; ` +
        `at most ${mib(most.held)} held by the gateway (${looks.still} looks)`,
    );
    fixture.saw(`RSS +${mib(most.rss)}; TCP memory of the machine +${mib(most.tcp)}`);
    // The target goes first: a reset of the client would wait for its bytes to be taken, 10 s at most.
    await slow.agent.stop();
    await gateway.recorded({ 'target reset': 1 });
    await fixture.over(gateway, neighbour);
  },
};

/** Bytes held between client and target; undefined when something moved, as then no look is of one moment. */
function heldIn(first: Look, second: Look): number | undefined {
  if (!isDeepStrictEqual(first, second)) return undefined;
  return second.sent - second.queues.reduce((sum, bytes) => sum + bytes, 0) - second.read;
}

/** Bytes in each of the kernel's queues of all connections from or to these ports (proc_net_tcp). */
function queues(ports: readonly number[]): number[] {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')));
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', remote = '', state, both = ''] = line.trim().split(/\s+/);
      // 0A is a listening socket, whose queue is one of connections.
      if (state === '0A' || ![local, remote].some((address) => wanted.has(address.slice(-4)))) return [];
      return both.split(':').map((queue) => Number.parseInt(queue, 16));
    });
}

/** Bytes of memory that TCP uses on this machine: /proc/net/sockstat counts pages of 4 KiB. */
function tcpMemory(): number {
  const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'latin1'))?.[1];
  return Number(pages ?? 0) * 4 * KiB;
}

function mib(bytes: number): string {
  return `${(bytes / MiB).toFixed(2)} MiB`;
}
