import { ForwardedHeaders, Listener, Location, Server, TlsToUpstream } from './model';
import { block, comment, directive, Directive, Node, paragraphs } from '../nginx/document';
import { time } from '../nginx/grammar';
import { NginxVersion } from '../nginx/version';
import { variable, Word } from '../nginx/word';

const HOST = variable('host');
const UPGRADE = variable('gatehouse_upgrade');
const CONNECTION = variable('gatehouse_connection');

/** Headers in which proxies tell each other who the client is; there is no way to remove all `X-Forwarded-*` but by name. */
const FORWARDED = [
  'X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'X-Forwarded-Prefix', 'X-Forwarded-Server',
  'X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Original-Forwarded-For', 'X-Scheme', 'Forwarded',
];
/** What the edge says about the client; everything else of the list above it removes. */
const EDGE: { [name: string]: Word } = {
  'X-Real-IP': Word.complex(variable('remote_addr')),
  'X-Forwarded-For': Word.complex(variable('remote_addr')),
  'X-Forwarded-Host': Word.complex(HOST),
  'X-Forwarded-Port': Word.complex(variable('server_port')),
  'X-Forwarded-Proto': Word.complex(variable('scheme')),
};
const REMOVED = Word.literal('');

/** How servers of one configuration are written. */
export interface ServerStyle {
  readonly version: NginxVersion;
  /** Arguments of access_log behind the file. */
  readonly logFormat: string[];
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
    server.hsts ? [directive('add_header', 'Strict-Transport-Security', `max-age=${server.hsts}`, 'always')] : [],
    renderAnswer(server),
  ))];
}

/** The server that refuses all names which no other server of the listener has. */
export function renderRefusal(listener: Listener, version: NginxVersion): Node[] {
  const title = comment(`names that nobody serves on port ${listener.port}`);
  const handshake = listener.tls ? [directive('ssl_reject_handshake', 'on')] : [];
  return [title, block('server', [], [...renderListen(listener, true, version), ...handshake, block('location', ['/'], [directive('return', 421)])])];
}

function renderListen({ port, ipv6, tls, http2 }: Listener, isDefault: boolean, version: NginxVersion): Directive[] {
  const parameters = [...(isDefault ? ['default_server'] : []), ...(tls ? ['ssl'] : []), ...(http2 && !version.has('http2Directive') ? ['http2'] : [])];
  const sockets = [String(port), ...(ipv6 ? [`[::]:${port}`] : [])];
  return [
    ...sockets.map((socket) => directive('listen', socket, ...parameters)),
    ...(http2 && version.has('http2Directive') ? [directive('http2', 'on')] : []),
  ];
}

function renderAnswer({ answer }: Server): Node[] {
  if (answer.kind === 'proxy') {
    return paragraphs(...answer.locations.map(renderLocation));
  }
  const port = answer.port === 443 ? '' : `:${answer.port}`;
  return [directive('return', 308, Word.complex('https://', HOST, port, variable('request_uri')))];
}

/** `/a` is `/a` and everything below `/a/`, and never `/ab`: for nginx these are two locations. */
function renderLocation(location: Location): Node[] {
  const content = renderProxying(location);
  if (location.path === '/') {
    return [block('location', ['/'], content)];
  }
  return paragraphs([block('location', ['=', location.path], content)], [block('location', [`${location.path}/`], content)]);
}

function renderProxying(location: Location): Node[] {
  const { upstream, timeouts, retry } = location;
  return paragraphs(
    [
      directive('proxy_pass', `${upstream.tls ? 'https' : 'http'}://${upstream.name}`),
      directive('client_max_body_size', location.maxBodySize),
      ...(location.requestBuffering ? [] : [directive('proxy_request_buffering', 'off')]),
    ],
    renderHeaders(location),
    renderRewriting(location),
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
  );
}

/** Request headers: ours first, then those of the user, who may replace ours. */
function renderHeaders(location: Location): Directive[] {
  const headers = new Map<string, [string, Word]>();
  const set = (name: string, value: Word) => headers.set(name.toLowerCase(), [name, value]);
  set('Host', hostWord(location.host));
  forwardedHeaders(location.forwarded).forEach(([name, value]) => set(name, value));
  set('Proxy', REMOVED);
  for (const { name, value } of location.headers.values()) {
    set(name, value === undefined ? REMOVED : Word.complex(value));
  }
  set('Upgrade', Word.complex(UPGRADE));
  set('Connection', Word.complex(CONNECTION));
  return [...headers.values()].map(([name, value]) => directive('proxy_set_header', name, value));
}

function forwardedHeaders(forwarded: ForwardedHeaders): [string, Word][] {
  switch (forwarded) {
    case ForwardedHeaders.OVERWRITE:
      return [...FORWARDED.map((name): [string, Word] => [name, EDGE[name] ?? REMOVED]), ['X-Request-ID', Word.complex(variable('request_id'))]];
    case ForwardedHeaders.REMOVE:
      return FORWARDED.map((name) => [name, REMOVED]);
    case ForwardedHeaders.APPEND:
      return [['X-Forwarded-For', Word.complex(variable('proxy_add_x_forwarded_for'))]];
  }
}

/** Names that only this side knows must not reach the client: in redirects and in the domains of cookies. */
function renderRewriting({ host }: Location): Directive[] {
  if (host === 'asked') {
    return [directive('proxy_redirect', 'off')];
  }
  return [
    directive('proxy_redirect', Word.complex(`http://${host.literal}/`), '/'),
    directive('proxy_redirect', Word.complex(`https://${host.literal}/`), '/'),
    directive('proxy_cookie_domain', Word.complex(hostWithoutPort(host.literal)), Word.complex(HOST)),
  ];
}

function renderTls(tls: TlsToUpstream): Node[] {
  const name = [directive('proxy_ssl_server_name', 'on'), directive('proxy_ssl_name', hostWord(tls.name))];
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
