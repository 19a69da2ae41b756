import { Construct } from 'constructs';
import { IngressBalancer } from './ingress-balancer';
import { responseHeadersOf } from './private/balancer/entry-props';
import { checkUnique } from './private/check-unique';
import { domainName, port, serverName } from './private/nginx/grammar';
import { redirectUrl } from './private/nginx/redirect-url';
import { refuse } from './private/refuse';
import { ServerTls } from './server-tls';

/**
 * Props of a redirect.
 */
export interface RedirectEntryProps {
  /**
   * The balancer that serves the entry.
   */
  readonly balancer: IngressBalancer;

  /**
   * The old names: DNS names, or IPv4 addresses.
   */
  readonly domains: string[];

  /**
   * Where clients are sent: `https://new.example.com`; with a path only when `keepPath` is false.
   */
  readonly target: string;

  /**
   * Port on the load balancer.
   *
   * @default - 80, or 443 with `tls`
   */
  readonly port?: number;

  /**
   * TLS towards clients.
   *
   * @default - plain http
   */
  readonly tls?: ServerTls;

  /**
   * Whether clients may remember it: 308, else 307. Both keep the method and the body.
   *
   * @default true
   */
  readonly permanent?: boolean;

  /**
   * Whether the path and the query that the client asked for are appended.
   *
   * @default true
   */
  readonly keepPath?: boolean;
}

/**
 * Sends clients from old names to a new one.
 *
 * All of a balancer are in `conf.d/<domain>.conf`, with the management entries.
 */
export class RedirectEntry extends Construct {
  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props from where to where
   */
  constructor(scope: Construct, id: string, props: RedirectEntryProps) {
    super(scope, id);
    const { balancer, tls, keepPath = true } = props;
    const owner = this.node.path;
    const number = port('port', props.port ?? (tls ? 443 : 80));
    const names = checkNames(props, number);
    const listener = balancer._site.listen(number, tls !== undefined, owner);
    balancer._site.addServer({
      file: balancer._managementFile,
      listener,
      redirectHttp: tls?._redirectHttp,
      server: {
        owner,
        names,
        isDefault: false,
        certificate: tls?._files,
        clientCa: tls?._clientCa,
        responseHeaders: responseHeadersOf({ tls }),
        answer: { kind: 'redirect', status: props.permanent ?? true ? 308 : 307, target: { url: redirectUrl('target', props.target, keepPath) }, keepPath },
        unchecked: [],
      },
    });
  }
}

/** The old names; none of them is the new one, or clients would run in a circle. */
function checkNames({ domains, target, tls }: RedirectEntryProps, number: number): string[] {
  if (!Array.isArray(domains) || domains.length === 0) {
    throw refuse('domains', domains, 'at least one name is needed');
  }
  const names = domains.map((domain, i) => (tls ? domainName(`domains[${i}]`, domain) : serverName(`domains[${i}]`, domain)));
  checkUnique('domains', names);
  const own = names.find((name) => originOf(`${tls ? 'https' : 'http'}://${name}:${number}`) === originOf(target));
  if (own !== undefined) {
    throw refuse('target', target, `it is the address of '${own}' itself, and clients would run in a circle`);
  }
  const sentBack = tls && (tls._redirectHttp ?? number === 443) ? names.find((name) => originOf(`http://${name}`) === originOf(target)) : undefined;
  if (sentBack !== undefined) {
    throw refuse('target', target, `port 80 sends '${sentBack}' to https, and clients would run in a circle: set 'redirectHttp: false' of 'tls'`);
  }
  return names;
}

/** Scheme, name and port of an address; not with `URL`, which throws for names that DNS allows. */
function originOf(address: string): string | undefined {
  const [, scheme, host, number] = /^(https?):\/\/([^/:?#]+)(?::(\d+))?/.exec(address) ?? [];
  return scheme && `${scheme}://${host}:${Number(number ?? (scheme === 'https' ? 443 : 80))}`;
}
