import { ForwardedHeaders, Listener, Location, Maintenance, RedirectTarget, ResponseHeader, Server, TlsToUpstream, UncheckedText } from './model';
import { locationsOf } from './render-http';
import { renderAllowed, renderSockets } from './render-parts';
import { block, comment, directive, Directive, Node, paragraphs, raw } from '../nginx/document';
import { size, time } from '../nginx/grammar';
import { NginxVersion } from '../nginx/version';
import { Variable, variable, Word } from '../nginx/word';

const HOST = variable('host');
const UPGRADE = variable('gatehouse_upgrade');
const CONNECTION = variable('gatehouse_connection');

/** Headers in which proxies tell each other who the client is; there is no way to remove all `X-Forwarded-*` but by name. */
const FORWARDED = [
  'X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'X-Forwarded-Prefix', 'X-Forwarded-Server',
  'X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Original-Forwarded-For', 'X-Scheme', 'Forwarded',
];
/** What proxies inside the cluster tell besides: who the user is, and what was asked for. Nobody outside needs to know. */
const FORWARDED_INSIDE = [
  'X-Forwarded-By', 'X-Forwarded-Uri', 'X-Forwarded-Method', 'X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username', 'X-Forwarded-Access-Token', 'X-Forwarded-Client-Cert',
];
/** What the edge says about the client; everything else of the list above it removes. */
const EDGE: { [name: string]: Word } = {
  'X-Real-IP': Word.complex(variable('remote_addr')),
  'X-Forwarded-For': Word.complex(variable('remote_addr')),
  'X-Forwarded-Host': Word.complex(HOST),
  'X-Forwarded-Port': Word.complex(variable('server_port')),
  'X-Forwarded-Proto': Word.complex(variable('scheme')),
};
/** What it passes on behind trusted proxies; the variables are defined in real-ip.ts. */
const CONTINUED: { [name: string]: Word } = {
  ...EDGE,
  'X-Forwarded-For': Word.complex(variable('gatehouse_forwarded_for')),
  'X-Forwarded-Host': Word.complex(variable('gatehouse_forwarded_host')),
  'X-Forwarded-Port': Word.complex(variable('gatehouse_forwarded_port')),
  'X-Forwarded-Proto': Word.complex(variable('gatehouse_forwarded_proto')),
};
/** Characters of a page in one variable, so that even with four bytes or an escape each they fit a word. */
const PAGE_PART = 1000;
const REMOVED = Word.literal('');
const LIMIT_KEYS = { client: Word.complex(variable('binary_remote_addr')), server: Word.complex(variable('server_name')) };
/** 10 MB hold the addresses of some 160,000 clients; a server is one key. */
const ZONE_SIZES = { client: '10m', server: '64k' };

/** How servers of one configuration are written. */
export interface ServerStyle {
  readonly version: NginxVersion;
  /** Arguments of access_log behind the file. */
  readonly logFormat: string[];
  /** File with what `renderRemovedHeaders` gives, so that it does not stand in each location. */
  readonly removedHeadersFile?: string;
}

/** The headers that are removed where nobody behind the proxy shall know who asks. */
export function renderRemovedHeaders(): Directive[] {
  return forwardedHeaders(ForwardedHeaders.REMOVE).map(([name, value]) => directive('proxy_set_header', name, value));
}

/** A server. */
export function renderServer(listener: Listener, server: Server, style: ServerStyle): Node[] {
  const title = [comment(server.owner), ...(server.description ? [comment(server.description)] : [])];
  return [...title, block('server', [], paragraphs(
    [
      ...renderListen(listener, server.isDefault, style.version),
      ...(server.names.length > 0 ? [directive('server_name', ...server.names)] : []),
      ...(server.accessLog ? [directive('access_log', server.accessLog, ...style.logFormat)] : []),
    ],
    server.certificate ? [directive('ssl_certificate', server.certificate.certificate), directive('ssl_certificate_key', server.certificate.key)] : [],
    server.clientCa ? [directive('ssl_client_certificate', server.clientCa), directive('ssl_verify_client', 'on'), directive('ssl_verify_depth', 4)] : [],
    renderResponseHeaders(server.responseHeaders),
    renderAnswer(server, listener.port, style),
    renderUnchecked(server.unchecked),
  ))];
}

/** What servers need beside their blocks, at the level of http: the memory of limits, and the text of pages. */
export function renderShared(servers: Server[]): Node[] {
  const zones = new Map<string, Directive>();
  for (const { requestLimit, connectionLimit } of locationsOf(servers)) {
    if (requestLimit) {
      const { zone, key, rate } = requestLimit;
      zones.set(zone, directive('limit_req_zone', LIMIT_KEYS[key], `zone=${zone}:${ZONE_SIZES[key]}`, `rate=${rate}`));
    }
    if (connectionLimit) {
      const { zone, key } = connectionLimit;
      zones.set(zone, directive('limit_conn_zone', LIMIT_KEYS[key], `zone=${zone}:${ZONE_SIZES[key]}`));
    }
  }
  const pages = servers.flatMap(({ answer }) => (answer.kind === 'proxy' && answer.maintenance ? [renderPage(answer.maintenance)] : []));
  return paragraphs([...zones.values()], ...pages);
}

/** The server that refuses all names which no other server of the listener has. */
export function renderRefusal(listener: Listener, version: NginxVersion): Node[] {
  const title = comment(`names that nobody serves on port ${listener.port}`);
  const handshake = listener.tls ? [directive('ssl_reject_handshake', 'on')] : [];
  return [title, block('server', [], [...renderListen(listener, true, version), ...handshake, block('location', ['/'], [directive('return', 421)])])];
}

function renderListen(listener: Listener, isDefault: boolean, version: NginxVersion): Directive[] {
  const { tls, http2, proxyProtocol } = listener;
  const parameters = [
    ...(isDefault ? ['default_server'] : []),
    ...(tls ? ['ssl'] : []),
    ...(http2 && !version.has('http2Directive') ? ['http2'] : []),
    ...(proxyProtocol ? ['proxy_protocol'] : []),
  ];
  return [
    ...renderSockets(listener, ...parameters),
    ...(http2 && version.has('http2Directive') ? [directive('http2', 'on')] : []),
  ];
}

function renderAnswer({ answer, responseHeaders }: Server, port: number, style: ServerStyle): Node[] {
  if (answer.kind === 'redirect') {
    return [directive('return', answer.status, Word.complex(...redirectTarget(answer.target), ...(answer.keepPath ? [variable('request_uri')] : [])))];
  }
  const { locations, maintenance } = answer;
  return paragraphs(
    ...locations.map((location) => renderLocation(location, maintenance, port, style)),
    maintenance ? [renderMaintenance(maintenance, responseHeaders)] : [],
  );
}

function redirectTarget(target: RedirectTarget): (string | Variable)[] {
  return 'url' in target ? [target.url] : ['https://', HOST, target.httpsPort === 443 ? '' : `:${target.httpsPort}`];
}

/** Headers of the upstream of the same name are dropped, so that there is one. */
function renderResponseHeaders(headers: ResponseHeader[]): Directive[] {
  return [
    ...headers.map(({ name }) => directive('proxy_hide_header', name)),
    ...headers.map(({ name, value }) => directive('add_header', name, Word.complex(value), 'always')),
  ];
}

/** `/a` is `/a` and everything below `/a/`, and never `/ab`: for nginx these are two locations. */
function renderLocation(location: Location, maintenance: Maintenance | undefined, port: number, style: ServerStyle): Node[] {
  const content = renderProxying(location, maintenance, port, style);
  if (location.path === '/') {
    return [block('location', ['/'], content)];
  }
  return paragraphs([block('location', ['=', location.path], content)], [block('location', [`${location.path}/`], content)]);
}

function renderProxying(location: Location, maintenance: Maintenance | undefined, port: number, style: ServerStyle): Node[] {
  const { upstream, timeouts, retry } = location;
  return paragraphs(
    renderAccess(location, maintenance),
    renderLimits(location),
    [
      directive('proxy_pass', `${upstream.tls ? 'https' : 'http'}://${upstream.name}`),
      directive('client_max_body_size', size(location.maxBodySize)),
      ...(location.requestBuffering ? [] : [directive('proxy_request_buffering', 'off')]),
    ],
    renderHeaders(location, style),
    location.include ? [directive('include', location.include)] : [],
    renderRewriting(location, port),
    upstream.tls ? renderTls(upstream.tls) : [],
    [
      directive('proxy_connect_timeout', time(timeouts.connect)),
      directive('proxy_send_timeout', time(timeouts.send)),
      directive('proxy_read_timeout', time(timeouts.read)),
    ],
    [
      directive('proxy_next_upstream', ...retry.conditions),
      directive('proxy_next_upstream_tries', retry.tries),
      directive('proxy_next_upstream_timeout', time(retry.timeout)),
    ],
    renderUnchecked(location.unchecked),
  );
}

/** In maintenance those who are not let through see the page; a 403 of the application itself stays what it is. */
function renderAccess({ allow }: Location, maintenance: Maintenance | undefined): Directive[] {
  const page = allow && maintenance ? [directive('error_page', 403, '=503', `@${maintenance.name}`)] : [];
  return [...renderAllowed(allow), ...page];
}

function renderLimits({ requestLimit, connectionLimit }: Location): Directive[] {
  const burst = requestLimit && requestLimit.burst > 0 ? [`burst=${requestLimit.burst}`, 'nodelay'] : [];
  return [
    ...(requestLimit ? [directive('limit_req', `zone=${requestLimit.zone}`, ...burst), directive('limit_req_status', 429)] : []),
    ...(connectionLimit ? [directive('limit_conn', connectionLimit.zone, connectionLimit.connections), directive('limit_conn_status', 429)] : []),
  ];
}

/** `add_header` in a location drops those of the server, so all are here; of two headers that say when to ask again, the page's. */
function renderMaintenance({ name, html, retryAfter }: Maintenance, headers: ResponseHeader[]): Directive {
  return block('location', [`@${name}`], [
    directive('default_type', 'text/html'),
    directive('charset', 'utf-8'),
    ...headers.filter((header) => header.name.toLowerCase() !== 'retry-after').map(({ name: header, value }) => directive('add_header', header, Word.complex(value), 'always')),
    directive('add_header', 'Retry-After', retryAfter, 'always'),
    directive('return', 503, Word.complex(...pageParts(html).map((_, i) => pageVariable(name, i)))),
  ]);
}

/** The text of a page in variables, since a word of nginx holds 4,094 bytes and some characters take two. */
function renderPage({ name, html }: Maintenance): Node[] {
  return paragraphs(...pageParts(html).map((part, i) => [
    block('geo', [Word.complex(pageVariable(name, i))], [directive('default', Word.text(part))]),
  ]));
}

function pageParts(html: string): string[] {
  const characters = [...html];
  const parts = [];
  for (let i = 0; i < characters.length; i += PAGE_PART) {
    parts.push(characters.slice(i, i + PAGE_PART).join(''));
  }
  return parts;
}

function pageVariable(name: string, part: number): Variable {
  return variable(`gatehouse_${name.replace(/-/g, '_')}_page_${part}`);
}

function renderUnchecked(texts: UncheckedText[]): Node[] {
  return paragraphs(...texts.map(({ text, reason }) => [comment(`unchecked: ${reason}`), raw(text), comment('end of what is unchecked')]));
}

/** Request headers: ours first, then those of the user, who may replace ours. */
function renderHeaders(location: Location, { removedHeadersFile }: ServerStyle): Directive[] {
  const headers = new Map<string, [string, Word]>();
  const set = (name: string, value: Word) => headers.set(name.toLowerCase(), [name, value]);
  const included = removedHeadersFile !== undefined && canInclude(location) ? [directive('include', removedHeadersFile)] : [];
  set('Host', hostWord(location.host));
  if (included.length === 0) {
    forwardedHeaders(location.forwarded).forEach(([name, value]) => set(name, value));
  }
  set('Proxy', REMOVED);
  for (const { name, value, elsewhere } of location.headers.values()) {
    headers.delete(name.toLowerCase());
    if (!elsewhere) {
      set(name, value === undefined ? REMOVED : Word.complex(value));
    }
  }
  set('Upgrade', Word.complex(UPGRADE));
  set('Connection', Word.complex(CONNECTION));
  return [...[...headers.values()].map(([name, value]) => directive('proxy_set_header', name, value)), ...included];
}

/** Two lines for one header would send both, so a location that has one of the file's headers has all of them itself. */
function canInclude({ forwarded, headers }: Location): boolean {
  return forwarded === ForwardedHeaders.REMOVE && !forwardedHeaders(forwarded).some(([name]) => headers.has(name.toLowerCase()));
}

function forwardedHeaders(forwarded: ForwardedHeaders): [string, Word][] {
  switch (forwarded) {
    case ForwardedHeaders.OVERWRITE:
      return told(EDGE);
    case ForwardedHeaders.REMOVE:
      return [...FORWARDED, ...FORWARDED_INSIDE].map((name) => [name, REMOVED]);
    case ForwardedHeaders.CONTINUE:
      return told(CONTINUED);
    case ForwardedHeaders.APPEND:
      return [['X-Forwarded-For', Word.complex(variable('proxy_add_x_forwarded_for'))]];
  }
}

/** What the balancer tells the application, and nothing else of that kind. */
function told(values: { [name: string]: Word }): [string, Word][] {
  return [...FORWARDED.map((name): [string, Word] => [name, values[name] ?? REMOVED]), ['X-Request-ID', Word.complex(variable('request_id'))]];
}

/**
 * Names that only this side knows must not reach the client: in redirects and in the domains of cookies. Applications add
 * the port that X-Forwarded-Port says, or their own.
 */
function renderRewriting({ host, forwarded, upstream }: Location, port: number): Directive[] {
  if (host === 'asked') {
    return [directive('proxy_redirect', 'off')];
  }
  const name = hostWithoutPort(host.literal);
  const said = [ForwardedHeaders.OVERWRITE, ForwardedHeaders.CONTINUE].includes(forwarded) ? [port] : [];
  const ports = [...said, ...upstream.members.map((member) => member.port)].filter((each) => each !== 80 && each !== 443);
  const hosts = new Set([host.literal, ...ports.map((each) => `${name}:${each}`)]);
  return [
    ...[...hosts].flatMap((each) => ['http', 'https'].map((scheme) => directive('proxy_redirect', Word.complex(`${scheme}://${each}/`), '/'))),
    directive('proxy_cookie_domain', Word.complex(name), Word.complex(HOST)),
  ];
}

function renderTls(tls: TlsToUpstream): Node[] {
  const shown = tls.clientCertificate;
  const name = [
    directive('proxy_ssl_server_name', 'on'),
    directive('proxy_ssl_name', hostWord(tls.name)),
    ...(shown ? [directive('proxy_ssl_certificate', shown.certificate), directive('proxy_ssl_certificate_key', shown.key)] : []),
  ];
  if (tls.trustedCertificate === undefined) {
    return [comment(`the certificate is not verified: ${tls.insecureReason}`), ...name, directive('proxy_ssl_verify', 'off')];
  }
  // with the system's CA, proxy_ssl_verify and its file stand once for all at the http level: nginx loads the file once then
  return tls.trustsSystem ? name : [...name, directive('proxy_ssl_verify', 'on'), directive('proxy_ssl_trusted_certificate', tls.trustedCertificate)];
}

function hostWord(host: Location['host']): Word {
  return host === 'asked' ? Word.complex(HOST) : Word.complex(host.literal);
}

function hostWithoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
