/** A DNS server over UDP (RFC 1035) for A records, which can fall silent. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface NameServer {
  listen(params: { readonly at: Endpoint }): Promise<null>;
  /** The IPv4 addresses of each name; a name that is not among them does not exist. */
  leads(params: Readonly<Record<string, readonly string[]>>): Promise<null>;
  /** Whether questions are answered from now on. */
  become(params: 'silent' | 'answering'): Promise<null>;
  /** Names that were asked for since the last look, each once. */
  asked(params: null): Promise<readonly string[]>;
}

const typeA = 1;
const headerLength = 12;
/** A response with recursion, and `NXDOMAIN`. */
const flags = { answer: 0x8180, noSuchName: 0x8183 };

let names: Readonly<Record<string, readonly string[]>> = {};
let state: 'silent' | 'answering' = 'answering';
const asked = new Set<string>();

serve<NameServer>({
  async listen({ at }) {
    const socket = createSocket('udp4');
    socket.on('message', (query, { address, port }) => {
      const { name, type, end } = questionOf(query);
      asked.add(name);
      if (state === 'answering') socket.send(answerTo(query.subarray(0, end), name, type), port, address);
    });
    socket.bind(at.port, at.host);
    await once(socket, 'listening');
    return null;
  },
  async leads(params) {
    names = params;
    return null;
  },
  async become(params) {
    state = params;
    return null;
  },
  async asked() {
    const all = [...asked];
    asked.clear();
    return all;
  },
});

/** The first question, which ends at `end`; getaddrinfo(3) sends one at a time. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = headerLength;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, name: string, type: number): Buffer {
  const addresses = names[name];
  const records = type === typeA ? (addresses ?? []) : [];
  const header = Buffer.from(question);
  header.writeUInt16BE(addresses === undefined ? flags.noSuchName : flags.answer, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, ...records.map(recordOf)]);
}

/** An A record for the name in the question, to be forgotten at once. */
function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  // A pointer to the name in the question (RFC 1035, 4.1.4), A, IN, TTL 0, four bytes.
  record.writeUInt16BE(0xc000 + headerLength, 0);
  record.writeUInt16BE(typeA, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt16BE(4, 10);
  Buffer.from(address.split('.').map(Number)).copy(record, 12);
  return record;
}
