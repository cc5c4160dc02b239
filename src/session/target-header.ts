import { parseIp } from '../base/ip.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { writeProxyHeader } from '../proxy-protocol/write-proxy-header.ts';
import type { Session } from './session.ts';

/** The PROXY header that tells `target` who the client is; `undefined` where it does not want one. */
export function targetHeader({ proxyProtocol }: PlannedTarget, session: Session): Buffer | undefined {
  if (proxyProtocol === 'off') return undefined;
  const { client, conveyed } = session;
  if (conveyed !== undefined) return writeProxyHeader(proxyProtocol, conveyed.source, conveyed.destination);
  const endpoint = ({ address, port }: { readonly address: string; readonly port: number }) => ({
    ip: parseIp(address) ?? 0,
    port,
  });
  return writeProxyHeader(proxyProtocol, endpoint(session.identify()), endpoint(client.local));
}
