import { TargetServer } from '../contract/peer.ts';

/** A port of 127.0.0.1 whose listener is closed. */
export async function closedPort(): Promise<number> {
  const target = await TargetServer.open();
  const { port } = target;
  await new Promise((resolve) => target.server.close(resolve));
  return port;
}
