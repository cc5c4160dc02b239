import { FloatgateError } from '../base/errors.ts';
import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import { type ConfigSources, type LoadedConfig, readConfig } from '../config/read-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { type DemoHosts, demoSubnet, openDemoHosts } from './demo-hosts.ts';
import { type DemoService, demoServices, demoSpeakers } from './demo-speakers.ts';

/** A subnet of small hosts that run, and the plan of a gateway before them, with notes on what is not as expected. */
export interface PreparedDemo {
  readonly loaded: LoadedConfig;
  readonly plan: Plan;
  /** The same with forwards (`LISTEN=TARGET`) beside it. */
  replan(added: readonly string[]): Outcome<{ readonly loaded: LoadedConfig; readonly plan: Plan }>;
  /** Ends the hosts; may be called twice. */
  close(): Promise<void>;
}

/** Descriptors beside hosts and listeners: room for a few dozen sessions. */
const spare = 192;
const mostSessions = 1_000;

/**
 * Starts the hosts on 127.0.20.n and plans a gateway on 127.0.0.1 from an ordinary configuration.
 * @param flags `hosts`, `service` (the port is the one to try first) and the like, as typed
 * @throws FloatgateError `DEMO_HOSTS`, `DEMO_DESCRIPTORS`
 */
export async function prepareDemo(flags: ConfigSources['flags']): Promise<Outcome<PreparedDemo>> {
  const splice = await findSplice('auto');
  const facts = readMachineFacts(splice);
  const draft = readDemo(flags, withoutLimit(facts));
  if (!draft.ok) return draft;
  const { plan: wanted, loaded } = draft.value;
  const unknown = unknownServices(wanted, loaded);
  if (unknown.length > 0) return { ok: false, problems: unknown };

  const hosts = hostNumbers(wanted);
  const served = hosts.slice(0, affordable(facts, wanted.services.length));
  if (served.length === 0) {
    const limit = facts.descriptors.limit;
    throw new FloatgateError(
      'DEMO_DESCRIPTORS',
      `Cannot start the demo: ${limit} descriptors are too few for a single host; raise the limit with 'ulimit -n'`,
    );
  }

  const speakers = demoSpeakers();
  const opened: { readonly service: Plan['services'][number]; readonly hosts: DemoHosts }[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map((one) => one.hosts.close())));
  try {
    for (const service of wanted.services) {
      const speak = speakers[service.name as DemoService];
      opened.push({ service, hosts: await openDemoHosts(served, service.port, speak) });
    }
    const words = {
      ...flags,
      hosts: served.map(String),
      service: opened.map(({ service, hosts: { port } }) => `${service.name}=${service.base}:${port}`),
      sessions: String(sessions(readMachineFacts(splice), wanted.services.length * served.length)),
    };
    const factsNow = readMachineFacts(splice);
    const final = readDemo(words, factsNow);
    if (!final.ok) {
      await close();
      return final;
    }
    const notes = [
      ...(served.length < hosts.length
        ? [`${served.length} of ${hosts.length} hosts run, for ${facts.descriptors.limit} descriptors (ulimit -n)`]
        : []),
      ...opened
        .filter(({ service, hosts: { port } }) => port !== service.port)
        .map(
          ({ service, hosts: { port } }) =>
            `The hosts' ${service.name} is on port ${port}: ${service.port} cannot be bound here`,
        ),
    ];
    return {
      ok: true,
      value: {
        ...final.value,
        plan: { ...final.value.plan, notes: [...final.value.plan.notes, ...notes] },
        replan: (added) => readDemo(words, factsNow, added),
        close,
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function readDemo(
  flags: ConfigSources['flags'],
  facts: MachineFacts,
  added: readonly string[] = [],
): Outcome<{ readonly loaded: LoadedConfig; readonly plan: Plan }> {
  const read = readConfig({
    command: 'up',
    added,
    // The environment is for real gateways; the demo is the same everywhere.
    environment: {},
    // All its clients are on this machine.
    flags: {
      'drain-timeout': '1s',
      'per-source-sessions': 'unlimited',
      ...flags,
      subnet: demoSubnet,
      bind: '127.0.0.1',
    },
  });
  if (!read.ok) return read;
  const loaded = read.value;
  const plan = buildPlan(loaded, facts);
  return plan.ok ? { ok: true, value: { loaded, plan: plan.value } } : plan;
}

function unknownServices(plan: Plan, loaded: LoadedConfig): readonly Problem[] {
  return plan.services
    .filter(({ name }) => !demoServices.some((known) => known === name))
    .map(({ name }) => ({
      place: loaded.place(['gateway', 'services', name]),
      message: `Cannot show service ${name}: the demo's hosts speak ${demoServices.join(', ')}; choose among these`,
    }));
}

function hostNumbers(plan: Plan): readonly number[] {
  return [...new Set(plan.listeners.flatMap(({ host }) => (host === undefined ? [] : [host])))].sort((a, b) => a - b);
}

/** Each host takes a descriptor per service, and so does the gateway for it. */
function affordable({ descriptors: { limit, open } }: MachineFacts, services: number): number {
  return Math.max(0, Math.floor((limit - open - spare) / (2 * services)));
}

/** A demo session takes three descriptors, not two: the host's end of it is in this process, too. */
function sessions({ descriptors: { limit, open } }: MachineFacts, listeners: number): number {
  return Math.max(1, Math.min(mostSessions, Math.floor((limit - open - listeners) / 6)));
}

/** For a first plan of what was typed, before it is known what fits. */
function withoutLimit(facts: MachineFacts): MachineFacts {
  return { ...facts, descriptors: { ...facts.descriptors, limit: 1_048_576 } };
}
