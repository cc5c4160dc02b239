import { durationValue } from './duration-value.ts';
import { section } from './section.ts';

const hour = 3_600_000;

/** How the names of targets are looked up. */
export const namesSchema = section(
  {
    stale: durationValue('Age up to which the last good answer serves while a lookup hangs; 0s: never', {
      min: 0,
      max: hour,
    }).prefault('1h'),
  },
  'stale: 1h',
).prefault({});
