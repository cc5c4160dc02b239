import { distance } from 'fastest-levenshtein';

/**
 * The known name that was probably meant, or `undefined` where none is near. Case, hyphens and underscores do not
 * count (`half_closed` means `halfClosed`); beyond that one letter in three may differ.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = bare(name);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const away = distance(wanted, bare(candidate));
    const allowed = Math.ceil(Math.max(wanted.length, bare(candidate).length) / 3);
    if (away <= allowed && away < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { name: candidate, distance: away };
    }
  }
  return best?.name;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
