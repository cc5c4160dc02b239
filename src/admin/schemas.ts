import { z } from 'zod';

/*
 * What the control socket takes and returns: one schema each. They check requests, describe the API
 * (`/api/openapi.json`), and are the types of `GatewayControl`. Instants are ISO 8601 texts in UTC; times are
 * milliseconds where the name ends with Ms.
 */

const instant = z.iso.datetime().describe('ISO 8601, UTC');
const count = z.int().min(0);
const bytes = count.describe('Bytes');
/** A number, also as the digits that a query has. `z.coerce` would take null, true and '' for numbers, too. */
const numberFrom = (least: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given),
    z.int().min(least),
  );

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** RFC 9457. `problems` is an extension member: each problem of a configuration, with its place. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().describe('Cannot X: what is, and what to do'),
  problems: z
    .array(
      z.object({
        place: z.string().optional().describe('file:line:column, a flag or a variable'),
        message: z.string(),
        text: z.string().describe('As `floatgate check` prints it, with the line of the file'),
      }),
    )
    .optional(),
});

export const healthSchema = z.object({ status: z.enum(['ok', 'ready', 'draining']) });

const servedSchema = z.object({
  kind: z.enum(['service', 'forward']),
  name: z.string().describe('The name of a service, or what a forward listens on'),
  addresses: z.array(z.string()).describe('Addresses that are bound'),
  ports: z.string().describe('Ranges: 30001-30254'),
  leadsTo: z.string().describe('Like port 22 of hosts 1-254, or 10.0.0.5:80'),
  listeners: count,
  sessions: count.describe('Sessions now'),
  added: z
    .object({ until: instant.optional() })
    .optional()
    .describe('A forward that was added while the gateway runs, and when it goes by itself'),
});

const outSchema = z.object({
  what: z.string().describe('A host (192.168.20.16), or one target (192.168.20.16:22)'),
  since: instant,
  targets: count.describe('Targets of the present plan that this concerns'),
  sessions: count.describe('Sessions that are still with them'),
});

const reloadTriggers = ['signal', 'command', 'watch', 'expiry'] as const;

const pastReloadSchema = z.object({
  at: instant,
  trigger: z.enum(reloadTriggers),
  outcome: z.enum(['applied', 'unchanged', 'refused']),
  summary: z.string().describe('What has changed, or the first problem'),
  tookMs: count,
});

export const statusSchema = z.object({
  instance: z.string(),
  pid: count,
  version: z.string(),
  node: z.string(),
  command: z.enum(['up', 'forward', 'demo']),
  config: z.string().optional().describe('The configuration file'),
  startedAt: instant,
  state: z.enum(['serving', 'draining']),
  engine: z.object({ name: z.enum(['splice', 'stream']), why: z.string() }),
  subnet: z.string().optional(),
  served: z.array(servedSchema),
  listeners: z.object({
    open: count,
    skipped: z.array(z.object({ listener: z.string(), message: z.string() })),
  }),
  sessions: z.object({
    now: count,
    most: count,
    /** Since the start. */
    opened: count,
    ended: z.record(z.string(), count).describe('By close reason'),
    denied: count,
    turnedAway: count,
  }),
  bytes: z.object({ toTarget: bytes, toClient: bytes }).describe('Since the start, live sessions included'),
  rates: z
    .object({
      overMs: count.describe('The time that they are taken over'),
      sessionsPerSecond: z.number(),
      bytesToTargetPerSecond: z.number(),
      bytesToClientPerSecond: z.number(),
    })
    .describe('Of the last minute, or the time since the start'),
  out: z.array(outSchema).describe('What the operator has taken out'),
  reloads: z.object({ applied: count, refused: count, last: z.array(pastReloadSchema).describe('The latest first') }),
  logLevel: z.enum(logLevels),
});

const page = {
  page: numberFrom(1).default(1).describe('Pages count from 1'),
};
/** Rows of a page. */
export const pageSize = 200;

const listenerRowSchema = z.object({
  listener: z.string().describe('address:port'),
  service: z.string(),
  host: z.int().optional(),
  state: z.enum(['open', 'skipped']),
  targets: z.array(z.string()),
  sessions: count,
});
export const listenerQuerySchema = z.strictObject({ service: z.string().optional(), ...page });

export const sessionStates = ['reading header', 'dialing', 'relaying', 'half-closed', 'closing'] as const;
export const sessionOrders = ['id', 'age', 'bytes', 'client', 'host', 'service'] as const;

const sessionRowSchema = z.object({
  id: count,
  state: z.enum(sessionStates),
  service: z.string(),
  host: z.int().optional(),
  listener: z.string(),
  client: z.string(),
  target: z.string(),
  startedAt: instant,
  ageMs: count,
  bytesToTarget: bytes,
  bytesToClient: bytes,
  heldToTarget: bytes,
  heldToClient: bytes,
});

/** All that is given must hold. */
export const sessionFilterSchema = z.strictObject({
  id: numberFrom(1).optional(),
  service: z.string().optional().describe('The name of a service, or what a forward listens on'),
  host: numberFrom(0).optional().describe('Host number'),
  client: z.string().optional().describe('Address, address:port or CIDR'),
  target: z.string().optional().describe('Host, or host:port'),
  state: z.enum(sessionStates).optional(),
});
export const sessionQuerySchema = sessionFilterSchema.extend({
  sort: z.enum(sessionOrders).default('id'),
  order: z.enum(['asc', 'desc']).default('asc'),
  ...page,
});

export const targetRowSchema = z.object({
  target: z.string().describe('host:port'),
  pool: z.string(),
  tier: z.enum(['primary', 'backup']),
  weight: count,
  state: z.enum(['in', 'paused', 'on trial', 'down', 'out']).describe('out: by the operator'),
  sessions: count,
  checked: z.boolean().describe('Whether it has active health checks'),
});
export const targetQuerySchema = z.strictObject({
  host: z.string().optional().describe('Host number, or host as the plan spells it'),
  pool: z.string().optional(),
  state: targetRowSchema.shape.state.optional(),
  ...page,
});

/** A page of rows, and how many there are in all. */
function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ rows: z.array(row), page: count, pages: count, total: count });
}
export const listenerPageSchema = pageOf(listenerRowSchema);
export const sessionPageSchema = pageOf(sessionRowSchema);
export const targetPageSchema = pageOf(targetRowSchema);

export const reloadRequestSchema = z.strictObject({
  dryRun: z.boolean().default(false),
  cutRemoved: z.boolean().default(false).describe('Ends the sessions of listeners that are removed, now or earlier'),
});

export const reloadedSchema = z.object({
  outcome: z.enum(['applied', 'unchanged', 'dry run']),
  changes: z.array(
    z.object({
      kind: z.enum(['added', 'removed', 'changed']),
      what: z.enum(['listeners', 'pool', 'rules', 'setting']),
      name: z.string().describe('service ssh, ssh/16, limits.sessions'),
      detail: z.string().describe('Ports, targets or values, for people'),
      sessions: count.describe('Sessions that it concerns'),
    }),
  ),
  warnings: z.array(z.string()),
  skipped: z.array(z.object({ listener: z.string(), message: z.string() })),
  tookMs: count,
});

const milliseconds = z.int().min(0).max(2_147_483_647);
export const drainRequestSchema = z.strictObject({
  graceMs: milliseconds.optional(),
  sessionsMs: milliseconds.optional(),
  until: z.enum(['deadline', 'empty']).optional(),
});
export const drainingSchema = z.object({ sessions: count, graceMs: count, sessionsMs: count.optional() });

export const endedSchema = z.object({ ended: count });

export const takeOutRequestSchema = z.strictObject({
  what: z.string().min(1).max(300).describe('Host number, host, or host:port'),
  state: z.enum(['out', 'in']),
});
export const takenOutSchema = z.object({ out: z.array(outSchema), changed: z.array(z.string()) });

export const logLevelSchema = z.strictObject({ level: z.enum(logLevels) });

export const addForwardsSchema = z.strictObject({
  forwards: z.array(z.string().max(2_000)).min(1).max(64).describe('LISTEN=TARGET[,TARGET...]'),
  forMs: z.int().min(1_000).max(31_536_000_000).optional().describe('They go by themselves after that time'),
});
export const removeForwardsSchema = z.strictObject({ listen: z.array(z.string().max(300)).min(1).max(64) });

export type ProblemDetails = z.output<typeof problemSchema>;
export type Status = z.output<typeof statusSchema>;
export type ListenerQuery = z.output<typeof listenerQuerySchema>;
export type ListenerPage = z.output<typeof listenerPageSchema>;
export type SessionFilter = z.output<typeof sessionFilterSchema>;
export type SessionQuery = z.output<typeof sessionQuerySchema>;
export type SessionPage = z.output<typeof sessionPageSchema>;
export type TargetQuery = z.output<typeof targetQuerySchema>;
export type TargetPage = z.output<typeof targetPageSchema>;
export type ReloadRequest = z.output<typeof reloadRequestSchema>;
export type Reloaded = z.output<typeof reloadedSchema>;
export type DrainRequest = z.output<typeof drainRequestSchema>;
export type Draining = z.output<typeof drainingSchema>;
export type Ended = z.output<typeof endedSchema>;
export type TakeOutRequest = z.output<typeof takeOutRequestSchema>;
export type TakenOut = z.output<typeof takenOutSchema>;
export type AddForwards = z.output<typeof addForwardsSchema>;
export type RemoveForwards = z.output<typeof removeForwardsSchema>;
export type LogLevelChange = z.output<typeof logLevelSchema>;
