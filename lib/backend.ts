import { PoolNode } from './machine';
import { domainName, oneOf, port } from './private/nginx/grammar';
import { checkPoolNodes } from './private/pool-nodes';
import { refuse } from './private/refuse';
import { Scheme } from './scheme';
import { UpstreamTls } from './upstream-tls';

/**
 * Options of the ingress nodes as a backend.
 */
export interface IngressBackendOptions {
  /**
   * The host that the Ingress listens to; it is sent as Host.
   *
   * @default - the `internalHost` of an environment's entry, the first domain of a management entry
   */
  readonly host?: string;
}

/**
 * Options of machines as a backend.
 */
export interface MachineBackendOptions {
  /**
   * Port on the machines.
   *
   * @default - 80, or 443 with Scheme.HTTPS
   */
  readonly port?: number;

  /**
   * How the machines are spoken to.
   *
   * @default Scheme.HTTP
   */
  readonly scheme?: Scheme;

  /**
   * The Host that is sent; required on a `defaultServer`.
   *
   * @default - the name that the user asked for
   */
  readonly host?: string;

  /**
   * TLS towards the machines, with Scheme.HTTPS.
   *
   * @default UpstreamTls.verified()
   */
  readonly tls?: UpstreamTls;
}

/**
 * Where the requests of an entry go.
 */
export class Backend {
  /**
   * The nodes on which the Ingress Controller runs.
   *
   * @param options the host that the Ingress listens to
   */
  public static ingress(options: IngressBackendOptions = {}): Backend {
    return new Backend(checkHost(options.host));
  }

  /**
   * Machines past the Ingress.
   *
   * @param machines the machines, each address once
   * @param options how they are spoken to
   */
  public static machines(machines: PoolNode[], options: MachineBackendOptions = {}): Backend {
    const scheme = oneOf('scheme', options.scheme ?? Scheme.HTTP, Scheme);
    if (options.tls && scheme !== Scheme.HTTPS) {
      throw refuse('tls', 'given', 'it needs \'scheme: Scheme.HTTPS\', or leave it out');
    }
    return new Backend(checkHost(options.host), {
      nodes: checkPoolNodes('machines', machines),
      port: port('port', options.port ?? (scheme === Scheme.HTTPS ? 443 : 80)),
      tls: scheme === Scheme.HTTPS ? options.tls ?? UpstreamTls.verified() : undefined,
    });
  }

  /** @internal */
  public readonly _host?: string;
  /** @internal */
  public readonly _machines?: MachinesBehind;

  private constructor(host: string | undefined, machines?: MachinesBehind) {
    this._host = host;
    this._machines = machines;
  }
}

/** Machines as a backend, checked. */
interface MachinesBehind {
  readonly nodes: PoolNode[];
  readonly port: number;
  readonly tls?: UpstreamTls;
}

function checkHost(host: string | undefined): string | undefined {
  return host === undefined ? undefined : domainName('host', host);
}
