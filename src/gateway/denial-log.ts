import type { Logger } from 'pino';
import { formatIp, type Ip } from '../base/ip.ts';
import { PacedCount } from '../observe/paced-count.ts';
import { closeReasonOf, type Denial } from '../policy/denial.ts';

/** Clients denied since the start for one cause. */
export interface DenialCount {
  /** Key of a plan's rules: `service ssh`, `forward 8080`. */
  readonly rules: string;
  readonly denial: Denial;
  readonly clients: number;
}

/** Milliseconds between two lines about one cause. */
const pause = 20_000;

/**
 * Counts denied clients by rules and cause, and logs their number a few times a minute for each cause: a scan of 762
 * ports must not fill the disk.
 */
export class DenialLog {
  private readonly logger: Logger;
  private readonly clients = new Map<string, Map<Denial, number>>();
  private readonly lines = new Map<Denial, PacedCount>();
  /** The example that the next line names. */
  private readonly last = new Map<Denial, { readonly rules: string; readonly source: Ip | undefined }>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** `source`: the client's address where it is known. */
  denied(rules: string, denial: Denial, source: Ip | undefined): void {
    const counts = this.clients.get(rules) ?? new Map<Denial, number>();
    this.clients.set(rules, counts.set(denial, (counts.get(denial) ?? 0) + 1));
    this.last.set(denial, { rules, source });
    const line = this.lines.get(denial) ?? new PacedCount(pause, (clients) => this.write(denial, clients));
    this.lines.set(denial, line);
    line.add();
  }

  /** All since the start. */
  counts(): readonly DenialCount[] {
    return [...this.clients].flatMap(([rules, own]) =>
      [...own].map(([denial, clients]) => ({ rules, denial, clients })),
    );
  }

  /** Logs all clients that no line has reported. Called once, at the end. */
  close(): void {
    for (const line of this.lines.values()) line.flush();
  }

  private write(denial: Denial, clients: number): void {
    const { rules, source } = this.last.get(denial) ?? {};
    const lastSource = source === undefined ? undefined : formatIp(source);
    const fields = { clients, reason: closeReasonOf(denial), cause: denial, lastService: rules, lastSource };
    this.logger.warn(fields, messages[denial]);
  }
}

const messages: Readonly<Record<Denial, string>> = {
  address: 'clients denied: their addresses are not allowed, or denied, by access',
  'source sessions':
    'clients denied: as many sessions as perSource allows come from the same source, or the same IPv6 /48; ' +
    'where many clients share one address (NAT, a load balancer), raise --per-source-sessions',
  'source rate':
    'clients denied: more sessions than perSource allows come from the same source, or the same IPv6 /48, ' +
    'in so short a time',
  'service sessions': 'clients denied: the service or forward has all the sessions that its limits allow',
  'target sessions': 'clients denied: every target has all the sessions that perTarget allows',
  'no answer': 'clients denied: their target has not answered for 10 s, and 16 clients wait for it already',
  dials: 'clients denied: a quarter of all sessions wait for targets to answer',
  'possible loop':
    'clients denied: this looks like a loop, as they come from this machine, from the host that they are led to, ' +
    'or one right after the other from one address, and many others like them have had no answer; ' +
    'to check, stop the gateway and connect to the target of lastService: where that is refused now, ' +
    'it led back here, by an address to name with --public-address or by another gateway; ' +
    'where it is no loop, raise --possible-loops',
};
