import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { errnoOf } from '../../src/base/errors.ts';

/** Ports of one block, which one process has to itself. */
const blockSize = 256;
/** Where blocks begin. Well-known services listen below. */
const firstPort = 10_240;
/** Where Linux's ports for outgoing connections begin by default (ip(7)). */
const usualEphemeral = 32_768;

interface Block {
  next: number;
  readonly end: number;
}

let current: Block = { next: 0, end: 0 };
/** Each is the claim to a block. The kernel gives it back when this process ends, however it ends. */
const claims: Socket[] = [];

/**
 * The first of `count` ports in a row (256 at most) that are free on every address of this machine. No other caller,
 * here or in another process of tests or benchmarks, gets one of them while this process lives. They lie below the
 * ports of outgoing connections, which the kernel hands out by itself.
 */
export async function reservePorts(count: number): Promise<number> {
  if (count > blockSize) throw new Error(`Cannot reserve ${count} ports: a block has ${blockSize}`);
  for (;;) {
    if (current.next + count > current.end) current = await claimBlock();
    const first = current.next;
    current.next += count;
    if (await areFree(first, count)) return first;
  }
}

/** One port; see `reservePorts`. */
export function reservePort(): Promise<number> {
  return reservePorts(1);
}

/**
 * Claims a block by a UDP socket on its first port: nobody else can bind that, and TCP does not mind.
 */
async function claimBlock(): Promise<Block> {
  const blocks = Math.floor((firstEphemeral() - firstPort) / blockSize);
  const start = Math.floor(Math.random() * blocks);
  for (let tried = 0; tried < blocks; tried += 1) {
    const port = firstPort + blockSize * ((start + tried) % blocks);
    const claim = await bindUdp(port);
    if (claim === undefined) continue;
    claims.push(claim);
    return { next: port, end: port + blockSize };
  }
  throw new Error(`Cannot reserve ports: all ${blocks} blocks of ${blockSize} from ${firstPort} on are claimed`);
}

async function bindUdp(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  socket.unref();
  try {
    socket.bind({ address: '127.0.0.1', port, exclusive: true });
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    if (errnoOf(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** A range that begins too low to leave blocks below it is overlooked: a port may be taken there, but seldom is. */
function firstEphemeral(): number {
  const fewest = firstPort + 16 * blockSize;
  const first = ephemeralRange();
  return first < fewest ? usualEphemeral : Math.min(first, usualEphemeral);
}

function ephemeralRange(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').trim().split(/\s+/)[0]);
  } catch {
    return usualEphemeral;
  }
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1) if (!(await isFree(port))) return false;
  return true;
}

/** Whether nobody listens at a port of any address; a socket on all of them could not be bound otherwise. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true });
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
