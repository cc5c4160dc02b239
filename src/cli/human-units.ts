import { formatDuration } from '../base/duration.ts';
import { formatSize } from '../base/size.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Milliseconds in the two largest units that matter: `2d4h`, `5m12s`, `7s`; less than a second is `0s`. */
export function ageText(milliseconds: number): string {
  const fine = [
    [day, hour],
    [hour, minute],
    [0, second],
  ] as const;
  const [, unit] = fine.find(([least]) => milliseconds >= least) ?? fine[2];
  return formatDuration(Math.floor(milliseconds / unit) * unit);
}

/** `81 B`, `23.5 MiB`. */
export function bytesText(bytes: number): string {
  return bytes < 1024 ? `${Math.round(bytes)} B` : formatSize(bytes);
}

/** `0`, `<0.1`, `2.3`, `14`: one decimal where it says something. */
export function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return '<0.1';
  return perSecond >= 10 || perSecond === 0 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}
