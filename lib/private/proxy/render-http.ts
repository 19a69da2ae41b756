import { Listener, Location, Server, Upstream } from './model';
import { block, directive, Directive, Node, paragraphs, usesDollar } from '../nginx/document';
import { NginxVersion } from '../nginx/version';
import { variable, Word } from '../nginx/word';

/** What the http block of a configuration is made of. */
export interface HttpContent {
  readonly version: NginxVersion;
  readonly listeners: Listener[];
  readonly upstreams: Upstream[];
  /** All that is written apart from the http block itself. */
  readonly documents: Node[][];
}

/** What both gates have in their http block. */
export function renderHttpSettings(content: HttpContent): Node[] {
  return paragraphs(
    [
      directive('server_tokens', 'off'),
      directive('absolute_redirect', 'off'),
      directive('reset_timedout_connection', 'on'),
    ],
    [
      directive('client_header_timeout', '15s'),
      directive('client_body_timeout', '60s'),
      directive('send_timeout', '60s'),
      directive('keepalive_timeout', '65s'),
      directive('keepalive_requests', 10000),
      ...(content.version.has('keepaliveMinTimeout') ? [directive('keepalive_min_timeout', '5s')] : []),
      directive('large_client_header_buffers', 4, '16k'),
    ],
    hashSizes(content),
    [
      directive('proxy_http_version', '1.1'),
      directive('proxy_buffer_size', '16k'),
      directive('proxy_buffers', 8, '16k'),
      directive('proxy_busy_buffers_size', '32k'),
      directive('proxy_max_temp_file_size', 0),
      directive('proxy_socket_keepalive', 'on'),
    ],
    tlsToUpstreams(content.upstreams),
    [upgradeMap('gatehouse_upgrade', 'websocket')],
    [upgradeMap('gatehouse_connection', 'upgrade')],
    needsDollar(content) ? [block('geo', [Word.raw('$gatehouse_dollar')], [directive('default', Word.raw('"$"'))])] : [],
  );
}

/** Files that pods write at their start use the variable as well. */
function needsDollar({ documents, listeners }: HttpContent): boolean {
  return documents.some(usesDollar) || locationsOf(listeners.flatMap(({ servers }) => servers)).some(({ include }) => include !== undefined);
}

/** Only WebSockets are upgraded: an h2c upgrade would be a tunnel past the proxy, and a constant header breaks keepalive. */
function upgradeMap(name: string, value: string): Directive {
  return block('map', [Word.complex(variable('http_upgrade')), Word.complex(variable(name))], [directive('default', ''), directive('websocket', value)]);
}

/** nginx refuses to start when a name is too long for a bucket, and warns when there are too many for the table. */
function hashSizes({ listeners }: HttpContent): Directive[] {
  const servers = listeners.flatMap((listener) => listener.servers);
  const names = servers.flatMap((server) => server.names);
  const longest = Math.max(0, ...names.map((name) => name.length));
  const most = Math.max(0, ...locationsOf(servers).map((location) => location.headers.size));
  const pages = servers.filter(({ answer }) => answer.kind === 'proxy' && answer.maintenance);
  return [
    // the texts of pages are in variables, which are named after the entries
    ...(pages.length > 0 ? [directive('variables_hash_bucket_size', 128), directive('variables_hash_max_size', powerOfTwo(Math.max(1024, 32 * pages.length)))] : []),
    directive('server_names_hash_bucket_size', powerOfTwo(Math.max(128, 16 + 8 * Math.ceil((longest + 2) / 8)))),
    directive('server_names_hash_max_size', powerOfTwo(Math.max(512, 8 * names.length))),
    directive('proxy_headers_hash_bucket_size', 128),
    directive('proxy_headers_hash_max_size', powerOfTwo(Math.max(1024, 16 * most))),
  ];
}

function tlsToUpstreams(upstreams: Upstream[]): Directive[] {
  const spoken = upstreams.flatMap((upstream) => upstream.tls ?? []);
  const system = spoken.find((tls) => tls.trustsSystem);
  return [
    ...(spoken.length > 0 ? [directive('proxy_ssl_protocols', 'TLSv1.2', 'TLSv1.3'), directive('proxy_ssl_verify_depth', 4)] : []),
    ...(system?.trustedCertificate ? [directive('proxy_ssl_verify', 'on'), directive('proxy_ssl_trusted_certificate', system.trustedCertificate)] : []),
  ];
}

/** All locations of some servers. */
export function locationsOf(servers: Server[]): Location[] {
  return servers.flatMap(({ answer }) => (answer.kind === 'proxy' ? answer.locations : []));
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
