import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { formatIp, type Ip } from '../base/ip.ts';
import { closeReasonOf, type Denial } from '../policy/denial.ts';
import type { DenialCounter } from '../policy/denial-counter.ts';

/** Milliseconds after which clients that no line has reported get one. */
const pause = 20_000;

/**
 * Counts denied clients and logs their number a few times a minute for each cause: a scan of 762 ports must not fill
 * the disk.
 */
export class DenialLog {
  private readonly counter: DenialCounter;
  private readonly logger: Logger;
  /** The example that the next line names. */
  private readonly last = new Map<Denial, { readonly rules: string; readonly source: Ip | undefined }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(counter: DenialCounter, logger: Logger) {
    this.counter = counter;
    this.logger = logger;
  }

  /** `source`: the client's address where it is known. */
  denied(rules: string, denial: Denial, source: Ip | undefined): void {
    this.last.set(denial, { rules, source });
    const clients = this.counter.count(rules, denial, performance.now());
    if (clients > 0) this.write(denial, clients);
    else this.arm();
  }

  /** Logs all clients that no line has reported. Called once, at the end. */
  close(): void {
    clearTimeout(this.timer);
    this.flush(Number.POSITIVE_INFINITY);
  }

  /** The last clients of a flood get their line, too. */
  private arm(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush(performance.now());
      // Other causes may not be due yet.
      if (this.counter.unreported > 0) this.arm();
    }, pause);
    this.timer.unref();
  }

  private flush(now: number): void {
    for (const { denial, clients } of this.counter.due(now)) this.write(denial, clients);
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
