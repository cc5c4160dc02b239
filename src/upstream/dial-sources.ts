/** An own address to dial from; `undefined`: the kernel chooses. */
export type DialSource = string | undefined;

const anywhere: readonly DialSource[] = [undefined];

/**
 * Own addresses that targets are dialed from (`dialFrom`). Dials of one family take turns among those of that family.
 */
export class DialSources {
  private readonly ipv4: Turns;
  private readonly ipv6: Turns;

  /** IP literals of both families. */
  constructor(addresses: readonly string[]) {
    this.ipv4 = new Turns(addresses.filter((address) => !address.includes(':')));
    this.ipv6 = new Turns(addresses.filter((address) => address.includes(':')));
  }

  /** What to try for a dial of this address, a literal, in this order: another one first each time. Never empty. */
  order(address: string): readonly DialSource[] {
    return address.includes(':') ? this.ipv6.next() : this.ipv4.next();
  }
}

class Turns {
  /** The same addresses, each first in one of them. */
  private readonly orders: readonly (readonly DialSource[])[];
  private turn = 0;

  constructor(addresses: readonly string[]) {
    this.orders = addresses.map((_, first) => [...addresses.slice(first), ...addresses.slice(0, first)]);
  }

  next(): readonly DialSource[] {
    const order = this.orders[this.turn];
    this.turn = this.turn + 1 < this.orders.length ? this.turn + 1 : 0;
    return order ?? anywhere;
  }
}
