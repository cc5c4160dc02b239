import { count, figure } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import type {
  Plan,
  PlannedAccess,
  PlannedListener,
  PlannedRules,
  PlannedScopeLimits,
  PlannedSourceLimits,
} from '../plan/plan.ts';

/** Networks of one list that are shown; the lists may be thousands long. */
const most = 4;

const everybody = 'everybody';

/** Who is let in, for the summary at the start. */
export interface AccessSummary {
  readonly text: string;
  /** The part of `text` that has to stand out: everybody is let in. */
  readonly attention?: string;
}

/**
 * Who is let in, short: `203.0.113.0/24; 2 services have their own`. The access of most services and forwards comes
 * first. Those that let in everybody are named. `reach`: whether clients of other machines can connect.
 */
export function accessSummary({ rules }: Plan, reach: 'from elsewhere' | 'this machine alone'): AccessSummary {
  const groups = new Map<string, string[]>();
  for (const [name, { access }] of Object.entries(rules)) {
    const text = accessText(access);
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  const openFirst = (text: string) => (text === everybody ? 0 : 1);
  const [[text, names] = [everybody, []], ...own] = [...groups].sort(
    ([a, some], [b, others]) => others.length - some.length || openFirst(a) - openFirst(b),
  );
  const others = own.flatMap(([, group]) => group);
  const usual = others.length < names.length ? text : `${text} to ${listed(names)}`;
  const tail =
    others.length === 0 ? '' : `; ${countByKind(others)} ${others.length === 1 ? 'has its' : 'have their'} own`;
  if (reach === 'this machine alone') return { text: `${usual}${text === everybody ? ' on this machine' : ''}${tail}` };
  const open = groups.get(everybody);
  if (open === undefined) return { text: `${usual}${tail}` };
  if (open === names) return { text: `${usual}${tail} (--allow restricts it)`, attention: everybody };
  const attention = `${everybody} to ${listed(open)}`;
  return { text: `${usual}${tail}; ${attention}`, attention };
}

function listed(names: readonly string[]): string {
  return names.length <= most ? names.join(', ') : countByKind(names);
}

/** `2 services and 1 forward`, of keys of `Plan.rules`. */
function countByKind(names: readonly string[]): string {
  return ['service', 'forward']
    .map((kind) => [kind, names.filter((name) => name.startsWith(`${kind} `)).length] as const)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => count(number, kind))
    .join(' and ');
}

/** Who is let in, and how much of it: one line where all services and forwards have the same rules. */
export function admissionLines({ rules, limits }: Plan): readonly string[] {
  const scopes = new Map<string, string[]>();
  for (const [name, rule] of Object.entries(rules)) {
    const text = ruleText(rule);
    scopes.set(text, [...(scopes.get(text) ?? []), name]);
  }
  const own = [...scopes].map(([text, names]) => (scopes.size === 1 ? text : `${names.join(', ')}: ${text}`));
  const shared = limitTexts(limits);
  return [...own, ...(shared.length === 0 ? [] : [`all together: ${shared.join('; ')}`])].map(
    (line, index) => `${index === 0 ? 'access    ' : '          '}${line}`,
  );
}

function ruleText({ access, limits, acceptProxyFrom, dialFrom }: PlannedRules): string {
  return [
    accessText(access),
    ...(acceptProxyFrom.length === 0 ? [] : [`with a PROXY header from ${networksText(acceptProxyFrom)}`]),
    ...(limits.sessions === undefined ? [] : [`${limits.sessions} sessions at once`]),
    ...limitTexts(limits),
    ...(dialFrom.length === 0 ? [] : [`targets dialed from ${networksText(dialFrom)}`]),
  ].join('; ');
}

function accessText({ allow, deny }: PlannedAccess): string {
  const everywhere = allow.includes('0.0.0.0/0') && allow.includes('::/0');
  const from = everywhere ? everybody : allow.length === 0 ? 'nobody' : networksText(allow);
  return deny.length === 0 ? from : `${from} but not ${networksText(deny)}`;
}

/** What each source and each target host may take. */
function limitTexts({ perSource, perTarget }: Omit<PlannedScopeLimits, 'sessions'>): readonly string[] {
  const texts: string[] = [];
  if (perSource !== undefined) {
    const { ipv4Prefix, ipv6Prefix, ipv6Network } = perSource;
    texts.push(`each source (IPv4 /${ipv4Prefix}, IPv6 /${ipv6Prefix}) ${figuresText(perSource)}`);
    if (ipv6Network !== undefined) texts.push(`each IPv6 /${ipv6Network.prefix} ${figuresText(ipv6Network)}`);
  }
  if (perTarget !== undefined) texts.push(`each target host ${perTarget} sessions at once`);
  return texts;
}

function figuresText({ sessions, rate }: Pick<PlannedSourceLimits, 'sessions' | 'rate'>): string {
  return [
    ...(sessions === undefined ? [] : [`${figure(sessions)} sessions at once`]),
    ...(rate === undefined ? [] : [`${rate.sessions} new ones in ${formatDuration(rate.per)}, burst ${rate.burst}`]),
  ].join(' and ');
}

function networksText(networks: readonly string[]): string {
  const shown = networks.slice(0, most).join(', ');
  return networks.length <= most ? shown : `${shown} and ${networks.length - most} more`;
}

/** Health checks and PROXY headers of a service or forward: `health checked every 5s`, `PROXY v2 to targets`. */
export function extrasOf({ rules }: Plan, { pool, rules: name }: PlannedListener): readonly string[] {
  const versions = [...new Set(pool.targets.map(({ proxyProtocol }) => proxyProtocol))].filter((one) => one !== 'off');
  const some = pool.targets.some(({ proxyProtocol }) => proxyProtocol === 'off') ? 'some targets' : 'targets';
  const required = rules[name]?.acceptProxyFrom ?? [];
  return [
    ...(pool.health === undefined ? [] : [`health checked every ${formatDuration(pool.health.interval)}`]),
    ...(versions.length === 0 ? [] : [`PROXY ${versions.join(' or ')} to ${some}`]),
    ...(required.length === 0 ? [] : [`PROXY headers from ${networksText(required)}`]),
  ];
}
