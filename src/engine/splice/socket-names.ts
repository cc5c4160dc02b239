import type { SocketAddress } from '../../base/address.ts';
import { type Ip, ipv6FromBytes } from '../../base/ip.ts';
import { SOCK_NONBLOCK_CLOEXEC } from '../../libc/constants.ts';
import type { Libc, Memory } from '../../libc/libc.ts';
import {
  ipv6Of,
  packedAddress,
  packIpv4,
  readSocketAddress,
  socketAddressSize,
  unpackIpv4,
  writeSocketAddress,
} from '../../libc/socket-address.ts';

/** The address of a socket that has none any more. */
export const nowhere: SocketAddress = { address: '', port: 0 };

/** Where the socklen_t lies in the memory of `SocketNames`, bytes. */
const lengthAt = 32;

/** The system calls with a sockaddr, by way of one piece of memory. Its content is valid until the next call. */
export class SocketNames {
  /** A sockaddr, and its socklen_t behind it. */
  readonly memory: Memory;
  private readonly libc: Libc;

  constructor(libc: Libc) {
    this.libc = libc;
    this.memory = libc.allocate(64);
  }

  bind(fd: number, address: string, port: number): number {
    return this.libc.bind(fd, this.memory.address, writeSocketAddress(this.memory.bytes, address, port));
  }

  connect(fd: number, { address, port }: SocketAddress): number {
    return this.libc.connect(fd, this.memory.address, writeSocketAddress(this.memory.bytes, address, port));
  }

  /** accept4(2), non-blocking; the memory has the peer's sockaddr then. */
  accept(listener: number): number {
    const { address } = this.forAnswer();
    return this.libc.accept4(listener, address, address + lengthAt, SOCK_NONBLOCK_CLOEXEC);
  }

  /** Writes the sockaddr of this end into the memory. Returns 0, or a negative errno. */
  readLocal(fd: number): number {
    const { address } = this.forAnswer();
    return this.libc.getsockname(fd, address, address + lengthAt);
  }

  /**
   * Writes the sockaddr of the other end into the memory. Returns 0, or a negative errno: there may be none any more.
   */
  readPeer(fd: number): number {
    const { address } = this.forAnswer();
    return this.libc.getpeername(fd, address, address + lengthAt);
  }

  private forAnswer(): Memory {
    this.memory.bytes.writeInt32LE(socketAddressSize, lengthAt);
    return this.memory;
  }
}

/** The other end of a connection, as the kernel has named it. Text and numbers are made when they are read. */
export class PeerName {
  /** IPv4 and the port as one number; a sockaddr_in6; or nothing yet. */
  private value: number | Buffer | undefined = undefined;

  get known(): boolean {
    return this.value !== undefined;
  }

  /** `address` is a sockaddr of the kernel's, and copied. */
  set(address: Buffer): void {
    this.value = packIpv4(address) ?? Buffer.from(address.subarray(0, socketAddressSize));
  }

  get address(): SocketAddress {
    if (this.value === undefined) return nowhere;
    return typeof this.value === 'number' ? unpackIpv4(this.value) : readSocketAddress(this.value);
  }

  get ip(): Ip | undefined {
    if (this.value === undefined) return undefined;
    return typeof this.value === 'number' ? packedAddress(this.value) : ipv6FromBytes(ipv6Of(this.value));
  }
}
