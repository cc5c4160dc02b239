/** What `readIpv4Network` returns for a text that is no such network. */
export const noNetwork = -1;

/**
 * Reads an IPv4 network in its one spelling, `10.0.0.0/8` without host bits, in a single pass: lists may be very long.
 * @returns the first address times 64 plus the prefix, so that networks sort by address, wide before narrow;
 *   `noNetwork` for anything else
 */
export function readIpv4Network(text: string): number {
  let [address, part, length, parts] = [0, 0, 0, 0];
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : end;
    if (code >= zero && code <= zero + 9) {
      // Neither 08, which some read as octal, nor more digits than there may be.
      if ((length > 0 && part === 0) || length === 3) return noNetwork;
      part = part * 10 + code - zero;
      length += 1;
      continue;
    }
    if (length === 0 || part > 255 || code !== (parts < 3 ? dot : parts === 3 ? slash : end)) return noNetwork;
    if (parts < 4) address = address * 256 + part;
    else return part > 32 || address % 2 ** (32 - part) !== 0 ? noNetwork : address * 64 + part;
    parts += 1;
    [part, length] = [0, 0];
  }
  return noNetwork;
}

const zero = 48;
const dot = 46;
const slash = 47;
/** No character at all. */
const end = -1;
