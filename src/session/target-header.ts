import { parseIp } from '../base/ip.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { ProxyEndpoint } from '../proxy-protocol/proxy-header.ts';
import { writeProxyHeader } from '../proxy-protocol/write-proxy-header.ts';
import type { Session } from './session.ts';

/** The PROXY header that tells `target` who the client is; `undefined` where it does not want one. */
export function targetHeader({ proxyProtocol }: PlannedTarget, session: Session): Buffer | undefined {
  if (proxyProtocol === 'off') return undefined;
  const { client, conveyed } = session;
  if (conveyed !== undefined) return writeProxyHeader(proxyProtocol, conveyed.source, conveyed.destination);
  const { local } = client;
  const source: ProxyEndpoint = { ip: client.ip, port: session.identify().port };
  return writeProxyHeader(proxyProtocol, source, { ip: parseIp(local.address) ?? 0, port: local.port });
}
