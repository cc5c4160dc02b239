import type { Endpoint } from '../../bench/agents/endpoint.ts';
import type { Engine } from '../../bench/forwarders/floatgate.ts';
import { Agent } from '../../bench/process/agent.ts';
import type { Children } from '../../bench/process/children.ts';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import { openWorkshop, type Workshop } from '../../bench/process/workshop.ts';
import { readable } from '../../bench/report/statistics.ts';
import { mustRun } from '../helpers/run-command.ts';
import type { FaultClients } from './agents/fault-clients.ts';
import type { FaultNeighbour, NeighbourParams, Trips } from './agents/fault-neighbour.ts';
import type { Behaviour, FaultTargets } from './agents/fault-targets.ts';
import type { Setting } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import { type FaultGateway, type GatewayOptions, startGateway } from './gateway.ts';

/** A session through another listener, that must neither lose a byte nor be closed. */
export interface Neighbour {
  /** Round trips since the last look. */
  look(): Promise<Trips>;
  /** Ends it, and checks that nothing was lost. */
  finish(): Promise<void>;
}

/** A target as a configuration names it. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/** An endpoint that a target listens on, and the agent that is the target. */
export interface Target {
  readonly at: Endpoint;
  readonly agent: Agent<FaultTargets>;
}

interface NeighbourOptions extends Partial<Omit<NeighbourParams, 'to'>> {
  readonly name?: string;
  /** Put before its command line. */
  readonly wrap?: readonly string[];
}

interface FixtureOptions {
  readonly setting: Setting;
  readonly engine: Engine;
  /** The built command. */
  readonly main: string;
  /** Stopped when the fault is over. */
  readonly children: Children;
}

/** Where one fault is tried with one engine: what it starts, and what it found. */
export class Fixture {
  readonly setting: Setting;
  readonly engine: Engine;
  readonly children: Children;
  /** The built command. */
  readonly main: string;
  readonly #seen: string[] = [];
  readonly #failures: string[] = [];
  #held = 0;
  #workshop: Workshop | undefined;

  constructor({ setting, engine, main, children }: FixtureOptions) {
    this.setting = setting;
    this.engine = engine;
    this.children = children;
    this.main = main;
  }

  get findings(): { readonly seen: readonly string[]; readonly failures: readonly string[]; readonly held: number } {
    return { seen: this.#seen, failures: this.#failures, held: this.#held };
  }

  get workshop(): Workshop {
    this.#workshop ??= openWorkshop(this.children);
    return this.#workshop;
  }

  /** The value for this setting. */
  pick<T>(by: Readonly<Record<Setting, T>>): T {
    return by[this.setting];
  }

  /** For the last column of the table. */
  saw(text: string): void {
    this.#seen.push(text);
  }

  check(what: string, holds: boolean, seen: string | number | object): void {
    if (holds) this.#held += 1;
    else this.#failures.push(`${what} (${typeof seen === 'object' ? JSON.stringify(seen) : seen})`);
  }

  /** A bound on a figure that only a quiet machine can keep: checked at full length alone. */
  checkFigure(what: string, holds: boolean, seen: string | number): void {
    if (this.setting === 'full') this.check(what, holds, seen);
  }

  async gateway(options: GatewayOptions): Promise<FaultGateway> {
    return await startGateway(this.main, this.engine, options, this.children);
  }

  /** `forward` from a free port to each target; the listeners are in the order of the targets. */
  async forwards<const Targets extends readonly Place[]>(
    targets: Targets,
    { args = [], ...options }: Partial<GatewayOptions> = {},
  ): Promise<{ readonly gateway: FaultGateway; readonly listeners: { readonly [Key in keyof Targets]: Endpoint } }> {
    const listeners: Endpoint[] = [];
    for (const _ of targets) listeners.push(await freeEndpoint());
    const rules = targets.map(({ host, port }, index) => `127.0.0.1:${listeners[index]?.port}=${host}:${port}`);
    const gateway = await this.gateway({ args: ['forward', ...rules, ...args], ...options });
    // One listener was pushed for each target.
    return { gateway, listeners: listeners as unknown as { readonly [Key in keyof Targets]: Endpoint } };
  }

  /** A command of the harness itself, which must succeed. */
  async mustRun(first: string, ...rest: readonly string[]): Promise<void> {
    await mustRun(first, rest);
  }

  clients(wrap: readonly string[] = []): Agent<FaultClients> {
    return new Agent(this.children, faultAgent('fault-clients'), wrap);
  }

  async target(does: Behaviour, wrap: readonly string[] = [], at?: Endpoint): Promise<Target> {
    const agent = new Agent<FaultTargets>(this.children, faultAgent('fault-targets'), wrap);
    const place = at ?? (await freeEndpoint());
    await agent.ask('listen', { at: place, does });
    return { at: place, agent };
  }

  /** Starts sessions that must not notice anything: by default one, of 1 KiB pieces. */
  async neighbour(
    to: Endpoint,
    { name = 'neighbour', wrap = [], ...params }: NeighbourOptions = {},
  ): Promise<Neighbour> {
    const agent = new Agent<FaultNeighbour>(this.children, faultAgent('fault-neighbour'), wrap);
    await agent.ask('start', { to, sessions: 1, size: 1_024, pause: 2, ...params });
    return {
      look: () => agent.ask('look', null),
      finish: async () => {
        const { sent, received, failure } = await agent.ask('finish', null, 90_000);
        this.check(`${name}: never closed`, failure === undefined, failure ?? '');
        this.check(`${name}: not one byte lost`, sent === received, `${received} of ${sent}`);
        this.saw(`${name}: ${readable(received / 1_024)} KiB, all back`);
      },
    };
  }

  /** The end that every fault must come to: neighbours unharmed, nothing left over, SIGTERM ends it with 0. */
  async over(gateway: FaultGateway, ...neighbours: readonly Neighbour[]): Promise<void> {
    for (const neighbour of neighbours) await neighbour.finish();
    await gateway.empty();
    const code = await gateway.stop();
    this.check('the gateway ends with 0', code === 0, String(code));
    this.check('it wrote nothing but log lines', gateway.log.stray().length === 0, gateway.log.stray());
    const bug = gateway.log.lines().find(({ reason }) => reason === 'internal');
    this.check('no session ended by a bug', bug === undefined, bug ?? '');
  }
}
