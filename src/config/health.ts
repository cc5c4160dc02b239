import { durationValue, longestTimer } from './duration-value.ts';
import { wholeNumber } from './numbers.ts';
import { section } from './section.ts';

/** Active checks of targets; present at all, even empty, they are on. */
export const health = section(
  {
    interval: durationValue('Between two checks of a target; one that stays down is checked more seldom', {
      min: 100,
      max: longestTimer,
    }).prefault('5s'),
    rise: wholeNumber('Checks in a row that succeed until a target is used again').prefault(2),
    fall: wholeNumber(
      'Failures in a row after which a target is out: after checks, it is not dialed at all until they succeed again; after dials, it is passed over',
    ).prefault(3),
  },
  'interval: 5s',
).meta({ description: 'Active checks, each a TCP connect; left out: what sessions meet is all that counts' });
