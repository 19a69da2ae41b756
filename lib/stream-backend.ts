import { PoolNode } from './machine';
import { port } from './private/nginx/grammar';
import { checkPoolNodes } from './private/pool-nodes';

/**
 * Options of a stream's backend.
 */
export interface StreamBackendOptions {
  /**
   * Whether the backend is told who the client is, in a PROXY protocol header (version 1, TCP only); the backend must expect
   * it. It becomes `proxy_protocol`.
   *
   * @default false
   */
  readonly sendProxyProtocol?: boolean;
}

/**
 * Where the connections of a stream entry go.
 */
export class StreamBackend {
  /**
   * The nodes on which the Ingress Controller runs.
   *
   * @param port port on the nodes
   * @param options what they are told
   */
  public static ingress(port: number, options: StreamBackendOptions = {}): StreamBackend {
    return new StreamBackend(port, options);
  }

  /**
   * Machines, such as the masters of the cluster for its API server.
   *
   * @param machines the machines, each address once
   * @param port port on the machines
   * @param options what they are told
   */
  public static machines(machines: PoolNode[], port: number, options: StreamBackendOptions = {}): StreamBackend {
    return new StreamBackend(port, options, checkPoolNodes('machines', machines));
  }

  /** @internal */
  public readonly _port: number;
  /** @internal */
  public readonly _sendProxyProtocol: boolean;
  /** @internal */
  public readonly _machines?: PoolNode[];

  private constructor(number: number, options: StreamBackendOptions, machines?: PoolNode[]) {
    this._port = port('port', number);
    this._sendProxyProtocol = options.sendProxyProtocol ?? false;
    this._machines = machines;
  }
}
