/** What is compared with what, and what the project wants to reach. */
export interface Comparison {
  readonly kind: 'plain' | 'peers' | 'admission';
  /** The forwarder that all others are divided by. */
  readonly yardstick: string;
  /** The forwarder whose ratios are judged. */
  readonly subject: string;
  readonly aims: readonly Aim[];
}

/** The highest ratio that one figure of one scenario may have. */
interface Aim {
  readonly scenario: string;
  readonly figure: string;
  readonly atMost: number;
}

const idleAims = (atMost: number): Aim[] =>
  ['rss2000', 'rss4000', 'rss8000'].map((figure) => ({ scenario: 'idle', figure, atMost }));

export const plainComparison: Comparison = {
  kind: 'plain',
  yardstick: 'naive',
  subject: 'floatgate stream',
  aims: [
    { scenario: 'keep-alive', figure: 'cpu', atMost: 0.9 },
    { scenario: 'connections', figure: 'cpu', atMost: 1 },
    { scenario: 'bulk', figure: 'cpu', atMost: 0.75 },
    { scenario: 'bulk-both-ways', figure: 'cpu', atMost: 0.75 },
    ...idleAims(0.9),
  ],
};

/** The same engine without admission is what it is divided by. */
export const admissionComparison = (engine: string): Comparison => ({
  kind: 'admission',
  yardstick: `floatgate ${engine}`,
  subject: `floatgate ${engine}, admission`,
  aims: [{ scenario: 'connections', figure: 'cpu', atMost: 1.05 }],
});

export const peerComparison: Comparison = {
  kind: 'peers',
  yardstick: 'HAProxy',
  subject: 'floatgate splice',
  aims: [
    { scenario: 'bulk', figure: 'cpu', atMost: 0.6 },
    { scenario: 'bulk-both-ways', figure: 'cpu', atMost: 0.6 },
    { scenario: 'keep-alive', figure: 'cpu', atMost: 1.05 },
    { scenario: 'connections', figure: 'cpu', atMost: 1.05 },
    { scenario: 'ping-pong', figure: 'p99', atMost: 1.1 },
    ...idleAims(0.75),
  ],
};
