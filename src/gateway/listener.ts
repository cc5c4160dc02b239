import { performance } from 'node:perf_hooks';
import type { Acceptor } from '../engine/engine.ts';
import type { PlannedListener } from '../plan/plan.ts';
import { acceptClient, mayWait } from '../session/accept-client.ts';
import type { SessionContext, SessionRoute } from '../session/session-context.ts';

const clock = (): number => performance.now();

/**
 * A listening socket of a gateway. Each client gets the route of that moment, which a new plan may replace.
 *
 *     open() -- bound; clients wait --> serve(route) -- clients come in --> close()
 */
export class Listener {
  /** What it was bound for; a new plan may give the same socket to another service or forward. */
  readonly planned: PlannedListener;
  private readonly context: SessionContext;
  private readonly onTurnedAway: () => void;
  /** `null`: its clients wait. */
  private route: SessionRoute | null = null;
  private acceptor: Acceptor | null = null;

  /** `onTurnedAway`: a client was reset, as there was neither a session nor a place to wait. */
  constructor(planned: PlannedListener, context: SessionContext, onTurnedAway: () => void) {
    this.planned = planned;
    this.context = context;
    this.onTurnedAway = onTurnedAway;
  }

  /** Binds it. Returns undefined, or the errno name of what has failed (bind(2), listen(2)). */
  async open(): Promise<string | undefined> {
    const { context } = this;
    const listening = await context.engine.listen(this.planned.bind, {
      room: () => (this.route === null ? 'none' : context.limit.room(this.route.load, clock)),
      mayWait: (client) => this.route === null || mayWait(client, this.route, context),
      onTurnedAway: this.onTurnedAway,
      onClient: (leg) => {
        if (this.route === null) context.engine.close(leg, 'rst');
        else acceptClient(leg, this.route, context);
      },
    });
    if (!listening.ok) return listening.code;
    this.acceptor = listening.acceptor;
    return undefined;
  }

  /** From now on its clients get this route. `Engine.admitWaiting` lets those in that wait. */
  serve(route: SessionRoute): void {
    this.route = route;
  }

  /** Stops listening; its sessions live on. May be called twice. */
  close(): void {
    this.route = null;
    this.acceptor?.close();
    this.acceptor = null;
  }
}
