/** What a version 2 header begins with (proxy-protocol.txt, 2.2). */
export const signature: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** The bytes before the addresses: signature, version and command, family and transport, length. */
export const fixedSize = 16;

/** Version 2 in the upper four bits, the command in the lower. */
export const localCommand = 0x20;
export const proxyCommand = 0x21;

/** Family in the upper four bits, transport in the lower. */
export const unspecified = 0x00;
export const tcpOverIpv4 = 0x11;
export const tcpOverIpv6 = 0x21;

/** Two addresses and two ports, bytes. */
export const ipv4BlockSize = 12;
export const ipv6BlockSize = 36;
