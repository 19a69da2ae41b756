import { BalancerSite, PlacedServer } from './site';
import { blank, block, comment, directive, Directive, Node, paragraphs } from '../nginx/document';
import { print } from '../nginx/print';
import { NginxVersion } from '../nginx/version';
import { Word } from '../nginx/word';
import { Listener } from '../proxy/model';
import { renderHttpSettings } from '../proxy/render-http';
import { renderRefusal, renderServer } from '../proxy/render-server';
import { renderUpstream, zoneFor } from '../proxy/render-upstream';

/** Where all logs of a balancer are. */
export const LOG_DIRECTORY = '/var/log/nginx';

/** What is the same for all files of a balancer. */
export interface BalancerSettings {
  /** Path of the construct. */
  readonly owner: string;
  readonly version: NginxVersion;
  readonly user: string;
  /** File of the upstreams. */
  readonly upstreamsFile: string;
  /** Words of log_format behind its name. */
  readonly logFormat: Word[];
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
  const { placedServers, upstreams } = site;
  const zone = zoneFor(upstreams);
  const documents = new Map<string, Node[]>([[settings.upstreamsFile, paragraphs(...upstreams.map((upstream) => [renderUpstream(upstream, zone)]))]]);
  for (const [file, servers] of groupByFile(placedServers)) {
    const style = { version: settings.version, logFormat: BUFFERED_LOG };
    documents.set(file, paragraphs(...servers.map(({ listener, server }) => renderServer(listener, server, style))));
  }
  const main = renderMain(site, [...documents.keys()], [...documents.values()], settings);
  const texts = [['nginx.conf', main], ...[...documents].map(([file, nodes]) => [`conf.d/${file}`, nodes])] as [string, Node[]][];
  return Object.fromEntries(texts.map(([path, nodes]) => [path, print([...header(settings), ...nodes])]));
}

function header({ owner }: BalancerSettings): Node[] {
  return [comment(`Made by cdk8s-gatehouse from "${owner}"; what is edited here is lost at the next synth.`), blank()];
}

function renderMain(site: BalancerSite, files: string[], documents: Node[][], settings: BalancerSettings): Node[] {
  const { version, upstreams } = { ...settings, upstreams: site.upstreams };
  const listeners = listenersOf(site.placedServers);
  return paragraphs(
    [
      directive('user', settings.user),
      directive('worker_processes', 'auto'),
      directive('worker_rlimit_nofile', 65536),
      directive('worker_shutdown_timeout', '60s'),
      directive('error_log', `${LOG_DIRECTORY}/error.log`, 'warn'),
      directive('pid', '/run/nginx.pid'),
    ],
    [block('events', [], [directive('worker_connections', 16384)])],
    [block('http', [], paragraphs(
      renderHttpSettings({ version, listeners, upstreams, documents }),
      renderTlsSettings(listeners),
      [
        directive('log_format', LOG_FORMAT, ...settings.logFormat),
        directive('access_log', `${LOG_DIRECTORY}/access.log`, ...BUFFERED_LOG),
      ],
      ...listeners.filter(({ servers }) => !servers.some((server) => server.isDefault)).map((listener) => renderRefusal(listener, version)),
      [comment('only these files, by name: what else lies in conf.d does nothing'), ...files.map((file) => directive('include', `conf.d/${file}`))],
    ))],
  );
}

function renderTlsSettings(listeners: Listener[]): Directive[] {
  return !listeners.some((listener) => listener.tls) ? [] : [
    directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    directive('ssl_ciphers', CIPHERS.join(':')),
    directive('ssl_prefer_server_ciphers', 'off'),
    directive('ssl_session_cache', 'shared:gatehouse_tls:10m'),
    directive('ssl_session_timeout', '1d'),
    directive('ssl_session_tickets', 'off'),
  ];
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
