import { duration } from './duration-value.ts';
import { wholeNumber } from './numbers.ts';
import { section } from './section.ts';

/** Active checks of targets. They are on where the key is present, even empty. */
export const health = section(
  {
    interval: duration('Time between two checks of a target; one that stays down is checked less often', {
      min: 100,
    }).prefault('5s'),
    rise: wholeNumber('Checks in a row that must succeed before a target is used again').prefault(2),
    fall: wholeNumber(
      'Failures in a row after which a target is out: until checks succeed, or, after dials, while others serve',
    ).prefault(3),
  },
  'interval: 5s',
).meta({ description: 'Active checks, each a TCP connect; left out: only what sessions meet counts' });
