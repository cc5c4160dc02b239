/** Outcomes and how often each was seen: `48 open, 2 ECONNRESET`. */
export function counted(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}
