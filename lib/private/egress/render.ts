import { HEALTH_PORT } from './ports';
import { RouteDefinition } from './route';
import { block, directive, Directive, Node, paragraphs } from '../nginx/document';
import { time } from '../nginx/grammar';
import { print } from '../nginx/print';
import { NginxVersion } from '../nginx/version';
import { jsonLogFormat, jsonStatusMap } from '../proxy/json-log';
import { Listener, Upstream } from '../proxy/model';
import { locationsOf, renderHttpSettings } from '../proxy/render-http';
import { renderAllowed, renderFileHeader, renderSockets } from '../proxy/render-parts';
import { renderRemovedHeaders, renderServer, renderShared } from '../proxy/render-server';
import { renderUpstream, Zone, zoneFor } from '../proxy/render-upstream';

/** Where the configuration is in the pod, in one folder. */
export const CONFIG_DIRECTORY = '/etc/gatehouse/nginx';
export const MAIN_FILE = 'nginx.conf';
/** What all routes remove from requests. */
export const REMOVED_HEADERS_FILE = 'removed-headers.conf';
/** The only folder that the pod can write to. */
export const RUN_DIRECTORY = '/tmp/nginx';
export const PID_FILE = `${RUN_DIRECTORY}/nginx.pid`;

/** What the configuration of a proxy is made of. */
export interface EgressContent {
  /** Name of the proxy. */
  readonly owner: string;
  readonly version: NginxVersion;
  readonly workerProcesses: number;
  /** Milliseconds that running requests have when the pod ends. */
  readonly shutdownTimeout: number;
  readonly ipv6: boolean;
  /** DNS servers for targets that are names. */
  readonly resolvers: string[];
  /** The routes by the file that they are in. */
  readonly routes: Map<string, RouteDefinition[]>;
}

/** Connections of a worker besides its listeners, each of which takes one too. */
const CONNECTIONS = 4096;
const LOG_FORMAT = 'gatehouse';

/** The texts of a proxy by the name of their file: nginx.conf, and the files of routes. */
export function renderEgress(content: EgressContent): Map<string, string> {
  const listeners = new Map([...content.routes].map(([file, routes]) => [file, routes.map((route) => route.toListener())]));
  const zone = zoneFor(upstreamsOf([...listeners.values()].flat()));
  const documents = new Map([...listeners].map(([file, each]) => [file, renderRoutes(each, zone, content.version)]));
  const main = renderMain(content, [...listeners.values()].flat(), documents);
  const files = new Map<string, Node[]>([[MAIN_FILE, main], [REMOVED_HEADERS_FILE, renderRemovedHeaders()], ...documents]);
  return new Map([...files].map(([file, nodes]) => [file, print([...renderFileHeader(content.owner), ...nodes])]));
}

function renderMain(content: EgressContent, listeners: Listener[], documents: Map<string, Node[]>): Node[] {
  const connections = CONNECTIONS + (listeners.length + 1) * (content.ipv6 ? 2 : 1);
  return paragraphs(
    [
      directive('daemon', 'off'),
      directive('worker_processes', content.workerProcesses),
      directive('worker_rlimit_nofile', 2 * connections),
      directive('worker_shutdown_timeout', time(content.shutdownTimeout)),
      directive('error_log', 'stderr', 'warn'),
      directive('pid', PID_FILE),
    ],
    [block('events', [], [directive('worker_connections', connections)])],
    [block('http', [], paragraphs(
      temporaryFiles(),
      [directive('underscores_in_headers', 'on')],
      renderHttpSettings({ version: content.version, listeners, upstreams: upstreamsOf(listeners), documents: [...documents.values()] }),
      content.resolvers.length > 0 ? [directive('resolver', ...content.resolvers, ...(content.ipv6 ? [] : ['ipv6=off'])), directive('resolver_timeout', '5s')] : [],
      [jsonStatusMap()],
      [
        directive('log_format', LOG_FORMAT, ...jsonLogFormat('route')),
        // longer writes of several workers to one pipe would tear each other's lines
        directive('access_log', '/dev/stdout', LOG_FORMAT, 'buffer=4k', 'flush=1s'),
      ],
      renderHealth(content.ipv6),
      [...documents.keys()].map((file) => directive('include', file)),
    ))],
  );
}

function renderRoutes(listeners: Listener[], zone: Zone, version: NginxVersion): Node[] {
  return paragraphs(...listeners.map((listener) => paragraphs(
    renderShared(listener.servers),
    upstreamsOf([listener]).map((upstream) => renderUpstream(upstream, zone, version)),
    ...listener.servers.map((server) => renderServer(listener, server, { version, logFormat: [], removedHeadersFile: REMOVED_HEADERS_FILE })),
  )));
}

function upstreamsOf(listeners: Listener[]): Upstream[] {
  return locationsOf(listeners.flatMap(({ servers }) => servers)).map((location) => location.upstream);
}

/** All five, also those of modules that are not used: nginx makes their folders at its start. */
function temporaryFiles(): Directive[] {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => directive(`${name}_temp_path`, `${RUN_DIRECTORY}/${name}`));
}

/** For the probes, and for a look from inside the pod. */
function renderHealth(ipv6: boolean): Node[] {
  return [block('server', [], paragraphs(
    [
      ...renderSockets({ port: HEALTH_PORT, ipv6 }, 'default_server'),
      directive('access_log', 'off'),
    ],
    [block('location', ['=', '/healthz'], [directive('return', 204)])],
    [block('location', ['=', '/status'], [directive('stub_status'), ...renderAllowed(['127.0.0.1'])])],
    [block('location', ['/'], [directive('return', 404)])],
  ))];
}
