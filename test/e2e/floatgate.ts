import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import {
  cleanEnvironment,
  type GatewayProcess,
  type Line,
  type StartOptions,
  startProcess,
  withGateway,
} from '../helpers/gateway-process.ts';
import { loopbackSubnet } from '../helpers/loopback-hosts.ts';
import { asNobody } from '../helpers/nobody.ts';
import { pathWith } from '../helpers/packed-gateway.ts';
import { type Finished, runCommand } from '../helpers/run-command.ts';

/** The engine that this run tests: the one that `auto` takes in the installed package. */
export const testedEngine = (): 'stream' | 'splice' => inject('packedGateway').engine;

/** The argument vector of the built command, as installed from its tarball. */
export function floatgate(...args: readonly string[]): readonly string[] {
  const { node, root } = inject('packedGateway');
  return [node, join(root, 'dist', 'floatgate.cjs'), ...args];
}

/** `up` on the loopback subnet, bound to loopback; `services` as for --service. */
export function up(services: Readonly<Record<string, string>>, ...more: readonly string[]): readonly string[] {
  const named = Object.entries(services).flatMap(([name, ports]) => ['--service', `${name}=${ports}`]);
  return floatgate('up', '--subnet', loopbackSubnet, '--bind', '127.0.0.1', ...named, ...more);
}

/** Runs a command to its end as the user nobody; what it printed is left as it is. */
export function runToEnd(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const [first, ...rest] = asNobody(command);
  const path = pathWith(inject('packedGateway').node);
  return runCommand(first, rest, { cwd: '/', env: { ...cleanEnvironment(), PATH: path, ...env } });
}

/** Runs `body` with a gateway at work; see `withGateway` for what is expected of it afterwards. */
export async function serving(
  command: readonly string[],
  body: (gateway: GatewayProcess, ready: Line) => Promise<void>,
  options: StartOptions = {},
): Promise<void> {
  await withGateway(command, options, body);
}

/** Starts a command that the test itself ends; it is killed when the test is over. */
export function start(command: readonly string[], options: StartOptions = {}): GatewayProcess {
  const gateway = startProcess(command, options);
  onTestFinished(async () => {
    gateway.child.kill('SIGKILL');
    await gateway.exit;
  });
  return gateway;
}

/** A folder that the user nobody may read, removed after the test. */
export async function readableFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-e2e-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}
