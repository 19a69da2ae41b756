import { renderAllowed, renderSockets } from './render-parts';
import { renderMembers } from './render-upstream';
import { retryWithin } from './retry';
import { StreamServer, StreamUpstream } from './stream-model';
import { block, comment, directive, Directive, Node, paragraphs } from '../nginx/document';
import { time } from '../nginx/grammar';
import { variable, Word } from '../nginx/word';

/** How the sockets of streams are opened. */
export interface StreamSettings {
  readonly ipv6: boolean;
  /** TCP connections start with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
}

const CONNECT_TIMEOUT = 3_000;
/** Words that mean something to `map`, unless a backslash stands in front. */
const MAP_WORDS = ['default', 'hostnames', 'include', 'volatile'];
/** An upstream that refuses: where connections go whose name nobody serves. */
const NOWHERE = 'gatehouse_nowhere';

/** The servers and upstreams of streams. */
export function renderStreams(servers: StreamServer[], settings: StreamSettings): Node[] {
  const needsNowhere = servers.some((server) => server.names.size > 0 && !server.backend);
  return paragraphs(
    needsNowhere ? [comment('names that nobody serves: the connection is closed'), block('upstream', [NOWHERE], [directive('server', '127.0.0.1:9', 'down')])] : [],
    ...servers.map((server) => renderStream(server, settings)),
  );
}

function renderStream(server: StreamServer, settings: StreamSettings): Node[] {
  const upstreams = [...(server.backend ? [server.backend] : []), ...server.names.values()];
  return paragraphs(
    ...upstreams.map((upstream) => [renderUpstream(upstream)]),
    server.names.size > 0 ? [renderNames(server)] : [],
    [comment(server.owner), block('server', [], paragraphs(renderListen(server, settings), renderAllowed(server.allow), renderPassing(server, upstreams)))],
  );
}

function renderUpstream({ name, members }: StreamUpstream): Directive {
  return block('upstream', [name], paragraphs([directive('zone', name, '64k')], ...renderMembers(members)));
}

/** Which upstream a name leads to: a variable of ours, which holds nothing but names of our own upstreams. */
function renderNames(server: StreamServer): Directive {
  return block('map', [Word.complex(variable('ssl_preread_server_name')), Word.complex(target(server))], [
    directive('default', server.backend?.name ?? NOWHERE),
    ...[...server.names].map(([name, upstream]) => directive(MAP_WORDS.includes(name) ? `\\${name}` : name, upstream.name)),
  ]);
}

function renderListen({ port, udp }: StreamServer, { ipv6, proxyProtocol }: StreamSettings): Directive[] {
  // all packets of a UDP client must reach the same worker, which only a socket for each of them does
  const parameters = udp ? ['udp', 'reuseport'] : proxyProtocol ? ['proxy_protocol'] : [];
  return renderSockets({ port, ipv6 }, ...parameters);
}

function renderPassing(server: StreamServer, upstreams: StreamUpstream[]): Node[] {
  const members = Math.max(1, ...upstreams.map((upstream) => upstream.members.length));
  const retry = retryWithin([], { connect: CONNECT_TIMEOUT, send: server.idleTimeout, read: server.idleTimeout }, members);
  return [
    ...(server.names.size > 0 ? [directive('ssl_preread', 'on')] : []),
    directive('proxy_pass', server.names.size > 0 ? Word.complex(target(server)) : server.backend?.name ?? NOWHERE),
    ...(server.sendProxyProtocol ? [directive('proxy_protocol', 'on')] : []),
    directive('proxy_timeout', time(server.idleTimeout)),
    directive('proxy_connect_timeout', time(CONNECT_TIMEOUT)),
    directive('proxy_next_upstream_tries', retry.tries),
    directive('proxy_next_upstream_timeout', time(retry.timeout)),
    ...(server.udp ? [] : [directive('proxy_socket_keepalive', 'on')]),
  ];
}

function target({ port }: StreamServer) {
  return variable(`gatehouse_stream_${port}`);
}
