import { formatDuration } from '../base/duration.ts';
import type { Plan, PlannedAccess, PlannedRules, PlannedScopeLimits } from '../plan/plan.ts';

/** Networks of one list that are shown; the lists may be thousands long. */
const most = 4;

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

function ruleText({ access, limits, acceptProxyFrom }: PlannedRules): string {
  return [
    accessText(access),
    ...(acceptProxyFrom.length === 0 ? [] : [`with a PROXY header from ${networksText(acceptProxyFrom)}`]),
    ...(limits.sessions === undefined ? [] : [`${limits.sessions} sessions at once`]),
    ...limitTexts(limits),
  ].join('; ');
}

function accessText({ allow, deny }: PlannedAccess): string {
  const everywhere = allow.includes('0.0.0.0/0') && allow.includes('::/0');
  const from = everywhere ? 'everybody' : allow.length === 0 ? 'nobody' : networksText(allow);
  return deny.length === 0 ? from : `${from} but not ${networksText(deny)}`;
}

function limitTexts({ perSource, perTarget }: Omit<PlannedScopeLimits, 'sessions'>): readonly string[] {
  const texts: string[] = [];
  if (perSource !== undefined) {
    const { sessions, rate, ipv4Prefix, ipv6Prefix } = perSource;
    const figures = [
      ...(sessions === undefined ? [] : [`${sessions} sessions at once`]),
      ...(rate === undefined ? [] : [`${rate.sessions} new ones in ${formatDuration(rate.per)}, burst ${rate.burst}`]),
    ];
    texts.push(`each source (IPv4 /${ipv4Prefix}, IPv6 /${ipv6Prefix}) ${figures.join(' and ')}`);
  }
  if (perTarget !== undefined) texts.push(`each target host ${perTarget} sessions at once`);
  return texts;
}

function networksText(networks: readonly string[]): string {
  const shown = networks.slice(0, most).join(', ');
  return networks.length <= most ? shown : `${shown} and ${networks.length - most} more`;
}
