import { messageOf } from '../base/errors.ts';
import type { PlannedControl } from '../plan/plan.ts';
import { bindSocket } from './bind-socket.ts';
import type { GatewayControl } from './control.ts';
import { type ControlLimits, controlLimits } from './control-limits.ts';
import { createControlServer } from './control-server.ts';
import { type HttpModules, loadHttp } from './load-http.ts';
import type { Environment, SocketRoots } from './socket-folders.ts';
import { choosePlace } from './socket-place.ts';

export interface ControlSocketOptions {
  readonly planned: PlannedControl;
  /** `up`, `forward` or `demo`: the name of an instance that is given none. */
  readonly command: string;
  readonly environment: Environment;
  /** Makes what is served, once the name of the instance is known. */
  readonly control: (instance: string) => GatewayControl;
  /** Something was thrown that should not have been. The client gets a 500; the gateway goes on. */
  readonly onBug: (error: unknown) => void;
  readonly roots?: SocketRoots;
  readonly limits?: Partial<ControlLimits>;
}

export interface ControlSocket {
  readonly instance: string;
  readonly path: string;
  /** Removes the file, and ends every connection; answers under way have half a second. May be called twice. */
  close(): Promise<void>;
}

export type OpenedSocket =
  | { readonly ok: true; readonly socket: ControlSocket }
  /** Completes the sentence "No control socket: ...". */
  | { readonly ok: false; readonly why: string };

/** Gateways that start at the same moment may choose the same name. */
const tries = 5;

/** Opens the control socket, and serves its API. Never rejects. It does not keep the process alive. */
export async function openControlSocket(options: ControlSocketOptions): Promise<OpenedSocket> {
  try {
    const http = await loadHttp();
    for (let n = 1; n <= tries; n++) {
      const opened = await openOnce(http, options);
      if (opened !== 'taken') return opened;
    }
    return { ok: false, why: 'other gateways take every name that this one chooses; start it again' };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

async function openOnce(http: HttpModules, options: ControlSocketOptions): Promise<OpenedSocket | 'taken'> {
  const place = await choosePlace(options.planned, options.command, options.environment, options.roots);
  if (place.kind === 'none') return { ok: false, why: place.why };
  const { instance, path } = place;
  const limits = { ...controlLimits, ...options.limits };
  const { server, finish } = createControlServer(http, options.control(instance), limits, options.onBug);
  const binding = await bindSocket(server, path);
  if (binding.kind === 'taken') return 'taken';
  // Descriptors have run out: the client is dropped, and may come again.
  server.on('error', () => {});
  server.unref();
  const close = async (): Promise<void> => {
    binding.remove();
    await finish();
  };
  return { ok: true, socket: { instance, path, close } };
}
