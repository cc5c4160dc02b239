import { fileURLToPath } from 'node:url';
import { gatewayAddress, type Lab } from './lab.ts';

/** What a plain TCP client saw that connected and read until the end. */
export interface RawSeen {
  readonly connected: boolean;
  readonly bytes: number;
  /** An errno name, or `null` for a clean end. */
  readonly error: string | null;
  /** Milliseconds from connect to the end, measured in the client itself. */
  readonly duration: number;
}

const rawClient = fileURLToPath(new URL('./peers/raw-client.mjs', import.meta.url));

/** Connects from the client's namespace to a port of the gateway. */
export async function rawConnect(lab: Lab, port: number): Promise<RawSeen> {
  const finished = await lab.client.must([process.execPath, rawClient, gatewayAddress, String(port)]);
  return JSON.parse(finished.stdout) as RawSeen;
}
