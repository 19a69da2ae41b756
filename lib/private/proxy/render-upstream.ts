import { Member, Upstream } from './model';
import { block, comment, directive, Directive, Node, noted, paragraphs } from '../nginx/document';
import { socketAddress, time } from '../nginx/grammar';
import { NginxVersion } from '../nginx/version';

/** Above this number of upstreams they share one zone: a zone of its own costs each upstream 64 KB. */
const MOST_ZONES = 200;
/** Memory of a zone, in KB: of an upstream, of a member, and of the TLS session that a member's last connection left. */
const ZONE_PER_UPSTREAM = 8;
const ZONE_PER_MEMBER = 2;
const ZONE_PER_TLS_MEMBER = 10;
/** Addresses that a name stands for, as memory is counted. */
const ADDRESSES_OF_NAME = 8;

/** The memory in which workers share what they know of upstreams. */
export interface Zone {
  /** Size of the zone that all upstreams share; without it each has one of its own. */
  readonly shared?: string;
}

/** The zone of a configuration with all these upstreams. */
export function zoneFor(upstreams: Upstream[]): Zone {
  return upstreams.length > MOST_ZONES ? { shared: zoneSize(upstreams) } : {};
}

/** An upstream as a block. */
export function renderUpstream(upstream: Upstream, { shared }: Zone, version: NginxVersion): Directive {
  const zone = shared ? ['gatehouse', shared] : [upstream.name, zoneSize([upstream])];
  return block('upstream', [upstream.name], paragraphs([directive('zone', ...zone)], ...renderMembers(upstream.members), renderKeepalive(upstream, version)));
}

/** The members, and once more as those that are asked when all are marked as failed. */
export function renderMembers(members: Member[]): Node[][] {
  const panic = panicMembers(members);
  return [
    members.map(renderMember),
    panic.length > 0 ? [comment('when all are marked as failed, better ask them again than nobody'), ...panic.map(renderMember)] : [],
  ];
}

function renderKeepalive({ keepaliveConnections, keepaliveTimeout }: Upstream, version: NginxVersion): Directive[] {
  if (keepaliveConnections > 0) {
    return [
      directive('keepalive', keepaliveConnections),
      directive('keepalive_requests', 1000),
      directive('keepalive_timeout', time(keepaliveTimeout)),
    ];
  }
  return version.has('keepaliveByDefault') ? [directive('keepalive', 0)] : [];
}

function renderMember(member: Member & { maxFails?: number }): Directive {
  const failures = member.maxFails === 0 ? ['max_fails=0'] : ['max_fails=3', 'fail_timeout=10s'];
  const weight = member.weight !== undefined && member.weight !== 1 ? [`weight=${member.weight}`] : [];
  const backup = member.backup ? ['backup'] : [];
  const resolve = member.resolve ? ['resolve'] : [];
  return noted(directive('server', socketAddress(member.host, member.port), ...weight, ...backup, ...failures, ...resolve), member.note);
}

/**
 * The same members once more, as backups that are never marked as failed. Without them a few slow answers of one
 * application mark all members as failed, and everybody gets 502 for ten seconds.
 */
function panicMembers(members: Member[]): (Member & { maxFails: number })[] {
  // a name may stand for several addresses; and where there are backups they are better than members that fail
  const several = members.length > 1 || members.some((member) => member.resolve);
  const needed = several && !members.some((member) => member.backup);
  return needed ? members.map((member) => ({ ...member, backup: true, maxFails: 0 })) : [];
}

function zoneSize(upstreams: Upstream[]): string {
  const addresses = (members: Member[]) => members.reduce((sum, { resolve }) => sum + (resolve ? ADDRESSES_OF_NAME : 1), 0);
  const kilobytes = upstreams.map(({ members, tls }) => ZONE_PER_UPSTREAM + 2 * addresses(members) * (tls ? ZONE_PER_TLS_MEMBER : ZONE_PER_MEMBER));
  return `${Math.max(1, Math.ceil(kilobytes.reduce((sum, each) => sum + each, 0) / 64)) * 64}k`;
}
