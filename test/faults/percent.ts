/** A share of one core: 0.034 -> `3.4 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
