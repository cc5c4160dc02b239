import { isIPv6 } from 'node:net';
import { isHostName, parseAddress, parsePort } from '../base/address.ts';
import { leadingZero } from './numbers.ts';

/* What to write instead of a listen address or a target that cannot be read. */

const listenHint =
  'write a port, or an IP address and a port, like 8080, 127.0.0.1:8080 or "[::1]:8080"; a range of ports is 8000-8010';
const targetHint = 'write a host and a port, like 10.0.0.5:80, "[fd00::5]:80" or web.internal:80';

/** The port that a URL without one means. */
const portsOfSchemes: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22, ws: 80, wss: 443, tcp: 80 };

/** What to write instead of `text`, which stands for what a forward listens on. */
export function hintForListen(text: string): string {
  const [, host, ports = ''] = /^(?:(.*):)?([\d\s-]+)$/.exec(text) ?? [];
  if (host !== undefined && host !== '' && isHostName(host) && portFault(ports) === undefined) {
    return `write an IP address of this machine instead of the name ${host}, or the port ${ports} alone`;
  }
  return leadingZero(text) ?? portFault(ports) ?? listenHint;
}

/** What to write instead of `text`, which stands for a target. */
export function hintForTarget(text: string): string {
  const url = targetOfUrl(text);
  if (url !== undefined) return `a target is a host and a port, not a URL: write ${url}`;
  if (text.includes(',')) return 'write several targets as a list, like [10.0.0.5:80, 10.0.0.6:80]';
  if (isIPv6(text)) return `it has no port: write "[${text}]:80" for its port 80`;
  if (parseAddress(text) !== undefined || isHostName(text)) return `it has no port: write ${text}:80 for its port 80`;
  const ports = /^[^:]+:([\d\s-]+)$|\]:([\d\s-]+)$/.exec(text);
  return leadingZero(text) ?? portFault(ports?.[1] ?? ports?.[2] ?? '') ?? targetHint;
}

/** `http://10.0.0.5/x` -> `10.0.0.5:80`; `undefined` for what is no URL, or one whose port is not known. */
export function targetOfUrl(text: string): string | undefined {
  const [, scheme = '', host, port] =
    /^([a-z][a-z\d+.-]*):\/\/(\[[^\]]*\]|[^/:?#]+)(?::(\d+))?(?:[/?#].*)?$/i.exec(text) ?? [];
  const known = port ?? portsOfSchemes[scheme.toLowerCase()];
  return host === undefined || known === undefined ? undefined : `${host}:${known}`;
}

/** What is wrong with a port, or with one of a range. */
function portFault(text: string): string | undefined {
  const ports = text.split('-').map((part) => part.trim());
  if (ports.length > 2 || ports.some((port) => !/^\d+$/.test(port))) return undefined;
  const wrong = ports.find((port) => parsePort(port) === undefined);
  if (wrong !== undefined) return `there is no port ${wrong}: write one from 1 to 65535`;
  const [from, to] = ports;
  return to === undefined || Number(from) <= Number(to) ? undefined : `the range runs backwards: write ${to}-${from}`;
}
