import { block, comment, directive, Node, paragraphs } from '../nginx/document';
import { Variable, variable, Word } from '../nginx/word';

/** Proxies in front of the balancer. */
export interface ProxiesInFront {
  /** Their addresses. */
  readonly ranges: string[];
  /** They say who the client is in a PROXY protocol header, and not in headers of the request. */
  readonly proxyProtocol: boolean;
}

/** What tells nginx who the client is behind proxies. */
export function renderRealIp({ ranges, proxyProtocol }: ProxiesInFront): Node[] {
  const from = ranges.map((range) => directive('set_real_ip_from', range));
  if (proxyProtocol) {
    return [...from, directive('real_ip_header', 'proxy_protocol')];
  }
  return paragraphs(
    [...from, directive('real_ip_header', 'X-Forwarded-For'), directive('real_ip_recursive', 'on')],
    [
      comment('what the proxies in front say of the client is passed on; what anybody else says is not'),
      block('geo', [word('realip_remote_addr'), word('gatehouse_trusted')], [
        directive('default', 0),
        ...ranges.map((range) => directive(range, 1)),
      ]),
    ],
    // appends the client and not the proxy: behind this machine only this machine is trusted, and the last address is the client
    [map('gatehouse_trusted', 'gatehouse_forwarded_for', { 1: [variable('proxy_add_x_forwarded_for')], default: [variable('remote_addr')] })],
    ...passedOn('host', 'host'),
    ...passedOn('port', 'server_port'),
    ...passedOn('proto', 'scheme'),
  );
}

/** A header of a trusted proxy, or what this machine sees itself. */
function passedOn(header: string, own: string): Node[][] {
  const said = `gatehouse_said_${header}`;
  return [
    [map('gatehouse_trusted', said, { 1: [variable(`http_x_forwarded_${header}`)], default: [] })],
    [map(said, `gatehouse_forwarded_${header}`, { '""': [variable(own)], 'default': [variable(said)] })],
  ];
}

function map(source: string, target: string, values: { [value: string]: (string | Variable)[] }): Node {
  const entries = Object.entries(values).map(([value, parts]) => directive(value, Word.complex(...parts)));
  return block('map', [word(source), word(target)], entries);
}

function word(name: string): Word {
  return Word.complex(variable(name));
}
