import { endianness } from 'node:os';

/** An IPv4 route of the main table. */
export interface Route {
  readonly interface: string;
  /** Dotted; `0.0.0.0` for the default route. */
  readonly destination: string;
  readonly prefix: number;
  /** Lower wins. */
  readonly metric: number;
}

/** Flags of <linux/route.h>. */
const up = 0x0001;
const reject = 0x0200;

/**
 * Reads the text of /proc/net/route (proc_net(5)): addresses are 32-bit words in network order, printed as hex of the
 * host's own order. Routes that are down or reject are left out, and so is every line that cannot be read.
 */
export function parseRoutes(text: string, byteOrder: 'LE' | 'BE' = endianness()): readonly Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [name = '', destination = '', , flags = '', , , metric = '', mask = ''] = fields;
      if (!/^[\dA-F]{8}$/i.test(destination) || !/^[\dA-F]{8}$/i.test(mask)) return [];
      const bits = Number.parseInt(flags, 16);
      if ((bits & up) === 0 || (bits & reject) !== 0) return [];
      return [
        {
          interface: name,
          destination: octets(destination, byteOrder).join('.'),
          prefix: octets(mask, byteOrder).reduce((sum, octet) => sum + bitsSet(octet), 0),
          metric: Number(metric),
        },
      ];
    });
}

function octets(word: string, byteOrder: 'LE' | 'BE'): number[] {
  const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
  return byteOrder === 'LE' ? bytes.reverse() : bytes;
}

function bitsSet(octet: number): number {
  return octet.toString(2).replaceAll('0', '').length;
}
