import { expect, it } from 'vitest';
import { isPeerDead } from '../../../src/engine/splice/dead-peer.ts';
import { SocketOptions, type TcpInfo } from '../../../src/engine/splice/socket-options.ts';
import { libc } from './splice-fixture.ts';

/** Socket options with the same TCP_INFO for every connection. */
class FixedInfo extends SocketOptions {
  private readonly info: TcpInfo | undefined;

  constructor(info: TcpInfo | undefined) {
    super(libc);
    this.info = info;
  }

  override tcpInfo(): TcpInfo | undefined {
    return this.info;
  }
}

const well: TcpInfo = { unacknowledged: 0, retransmits: 0, probes: 0, sinceAcknowledgement: 0 };
const silent: TcpInfo = { ...well, sinceAcknowledgement: 5_000 };

it.each<[string, TcpInfo | undefined, boolean]>([
  ['the kernel reports nothing', undefined, false],
  ['all is well', well, false],
  ['nothing was sent for long', silent, false],
  ['data is on its way and was not sent again', { ...silent, unacknowledged: 3 }, false],
  ['data was sent again, but acknowledgements still come', { ...well, unacknowledged: 3, retransmits: 2 }, false],
  ['data was sent again, and no acknowledgement came', { ...silent, unacknowledged: 3, retransmits: 1 }, true],
  ['a window probe is on its way', { ...silent, probes: 1 }, false],
  ['window probes are not answered', { ...silent, probes: 2 }, true],
  ['window probes are not answered, but not for long', { ...well, probes: 2, sinceAcknowledgement: 4_999 }, false],
  [
    'the silence is just long enough',
    { ...well, unacknowledged: 1, retransmits: 1, sinceAcknowledgement: 5_000 },
    true,
  ],
])('where %s', (_, info, dead) => {
  expect(isPeerDead(new FixedInfo(info), 3, 5_000)).toBe(dead);
});
