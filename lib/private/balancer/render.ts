import { ACCESS_LOG_FORMATS, STREAM_LOG_FORMAT } from './access-log';
import { ProxiesInFront, renderRealIp } from './real-ip';
import { BalancerSite, PlacedServer } from './site';
import { AccessLogFormat } from '../../access-log-format';
import { TlsPolicy } from '../../tls-policy';
import { block, comment, directive, Directive, Node, paragraphs } from '../nginx/document';
import { print } from '../nginx/print';
import { NginxVersion } from '../nginx/version';
import { jsonStatusMap } from '../proxy/json-log';
import { Listener } from '../proxy/model';
import { locationsOf, renderHttpSettings } from '../proxy/render-http';
import { renderFileHeader } from '../proxy/render-parts';
import { renderRefusal, renderServer, renderShared } from '../proxy/render-server';
import { renderStreams } from '../proxy/render-stream';
import { renderUpstream, zoneFor } from '../proxy/render-upstream';

/** Where all logs of a balancer are. */
export const LOG_DIRECTORY = '/var/log/nginx';

/** What is the same for all files of a balancer. */
export interface BalancerSettings {
  /** Path of the construct. */
  readonly owner: string;
  readonly version: NginxVersion;
  readonly user: string;
  /** File of the upstreams, below conf.d. */
  readonly upstreamsFile: string;
  /** File of the streams, below stream.d. */
  readonly streamFile: string;
  readonly streamModule?: string;
  readonly logFormat: AccessLogFormat;
  readonly inFront?: ProxiesInFront;
  readonly tlsPolicy: TlsPolicy;
}

const LOG_FORMAT = 'gatehouse';
const BUFFERED_LOG = [LOG_FORMAT, 'buffer=64k', 'flush=1s'];
/** Six AEAD ciphers with forward secrecy for TLS 1.2; those of TLS 1.3 need no list. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The nginx tree of one balancer: path below `etc/nginx` → text. */
export function renderBalancer(site: BalancerSite, settings: BalancerSettings): { [path: string]: string } {
  const http = renderHttpFiles(site, settings);
  const streams: [string, Node[]][] = site.streams.length > 0 ? [[`stream.d/${settings.streamFile}`, renderStreams(site.streams, site.sockets)]] : [];
  const files: [string, Node[]][] = [['nginx.conf', renderMain(site, http, streams, settings)], ...http, ...streams];
  return Object.fromEntries(files.map(([path, nodes]) => [path, print([...renderFileHeader(settings.owner), ...nodes])]));
}

/** The largest body, in KiB, that reaches the ingress nodes; `undefined` when nothing leads there. */
export function largestBodySize(site: BalancerSite): number | undefined {
  const locations = locationsOf(site.placedServers.map(({ server }) => server)).filter(({ upstream }) => upstream.isIngress);
  return locations.length > 0 ? Math.max(...locations.map((location) => location.maxBodySize)) : undefined;
}

function renderHttpFiles({ placedServers, upstreams }: BalancerSite, { upstreamsFile, version }: BalancerSettings): Map<string, Node[]> {
  const zone = zoneFor(upstreams);
  const files = new Map([[`conf.d/${upstreamsFile}`, paragraphs(...upstreams.map((upstream) => [renderUpstream(upstream, zone, version)]))]]);
  for (const [file, servers] of groupByFile(placedServers)) {
    const style = { version, logFormat: BUFFERED_LOG };
    files.set(`conf.d/${file}`, paragraphs(...servers.map(({ listener, server }) => paragraphs(renderShared([server]), renderServer(listener, server, style)))));
  }
  return files;
}

function renderMain(site: BalancerSite, http: Map<string, Node[]>, streams: [string, Node[]][], settings: BalancerSettings): Node[] {
  const listeners = listenersOf(site.placedServers);
  const needsModule = streams.length > 0 && settings.streamModule !== undefined;
  return paragraphs(
    [
      directive('user', settings.user),
      directive('worker_processes', 'auto'),
      directive('worker_rlimit_nofile', 65536),
      directive('worker_shutdown_timeout', '60s'),
      directive('error_log', `${LOG_DIRECTORY}/error.log`, 'warn'),
      directive('pid', '/run/nginx.pid'),
    ],
    needsModule ? [directive('load_module', settings.streamModule ?? '')] : [],
    [block('events', [], [directive('worker_connections', 16384)])],
    [block('http', [], renderHttp(site, listeners, http, settings))],
    streams.length > 0 ? [block('stream', [], renderStreamSettings(site, streams.map(([file]) => file), settings))] : [],
  );
}

function renderHttp(site: BalancerSite, listeners: Listener[], files: Map<string, Node[]>, settings: BalancerSettings): Node[] {
  const { version, logFormat, inFront, tlsPolicy } = settings;
  const refusing = listeners.filter(({ servers }) => !servers.some((server) => server.isDefault));
  return paragraphs(
    renderHttpSettings({ version, listeners, upstreams: site.upstreams, documents: [...files.values()] }),
    renderTlsSettings(listeners, tlsPolicy),
    inFront ? renderRealIp(inFront) : [],
    logFormat === AccessLogFormat.JSON ? [jsonStatusMap()] : [],
    [
      directive('log_format', LOG_FORMAT, ...ACCESS_LOG_FORMATS[logFormat]),
      directive('access_log', `${LOG_DIRECTORY}/access.log`, ...BUFFERED_LOG),
    ],
    ...refusing.map((listener) => renderRefusal(listener, version)),
    [comment('only these files, by name: what else lies in conf.d does nothing'), ...[...files.keys()].map((file) => directive('include', file))],
  );
}

function renderTlsSettings(listeners: Listener[], policy: TlsPolicy): Directive[] {
  if (!listeners.some((listener) => listener.tls)) {
    return [];
  }
  const modern = policy === TlsPolicy.MODERN;
  return [
    directive('ssl_protocols', ...(modern ? [] : ['TLSv1.2']), 'TLSv1.3'),
    ...(modern ? [] : [directive('ssl_ciphers', CIPHERS.join(':'))]),
    directive('ssl_prefer_server_ciphers', 'off'),
    directive('ssl_session_cache', 'shared:gatehouse_tls:10m'),
    directive('ssl_session_timeout', '1d'),
    directive('ssl_session_tickets', 'off'),
  ];
}

function renderStreamSettings({ sockets, streams }: BalancerSite, files: string[], { inFront }: BalancerSettings): Node[] {
  return paragraphs(
    sockets.proxyProtocol && inFront ? inFront.ranges.map((range) => directive('set_real_ip_from', range)) : [],
    [
      directive('log_format', LOG_FORMAT, STREAM_LOG_FORMAT),
      directive('access_log', `${LOG_DIRECTORY}/stream_access.log`, ...BUFFERED_LOG),
    ],
    streams.some(({ names }) => names.size > 0) ? [directive('map_hash_bucket_size', 512), directive('map_hash_max_size', 4096)] : [],
    files.map((file) => directive('include', file)),
  );
}

/** The listeners that are used, in the order of their ports, with all servers that are on them. */
function listenersOf(placed: PlacedServer[]): Listener[] {
  const listeners = new Map<number, Listener>();
  for (const { listener, server } of placed) {
    const known = listeners.get(listener.port) ?? { ...listener, servers: [] };
    known.servers.push(server);
    listeners.set(listener.port, known);
  }
  return [...listeners.values()].sort((a, b) => a.port - b.port);
}

function groupByFile(placed: PlacedServer[]): Map<string, PlacedServer[]> {
  const groups = new Map<string, PlacedServer[]>();
  for (const each of placed) {
    const group = groups.get(each.file) ?? [];
    group.push(each);
    groups.set(each.file, group);
  }
  return groups;
}
