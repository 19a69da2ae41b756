import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { IngressBalancer } from './ingress-balancer';
import { membersOf } from './private/balancer/upstream';
import { checkRanges } from './private/cidr';
import { domainName, milliseconds, port } from './private/nginx/grammar';
import { activeNodes } from './private/pool-nodes';
import { StreamServer, StreamUpstream } from './private/proxy/stream-model';
import { refuse } from './private/refuse';
import { StreamBackend } from './stream-backend';

/**
 * Props of a stream entry.
 */
export interface StreamEntryProps {
  /**
   * The balancer that serves the entry.
   */
  readonly balancer: IngressBalancer;

  /**
   * Port on the load balancer.
   */
  readonly port: number;

  /**
   * TCP or UDP.
   *
   * @default Protocol.TCP
   */
  readonly protocol?: kplus.Protocol;

  /**
   * Where the connections go that ask for no name of `addServerName`.
   *
   * @default - nowhere: only the names of `addServerName` are served
   */
  readonly backend?: StreamBackend;

  /**
   * How long nothing may be sent in either direction before the connection is closed. It becomes `proxy_timeout`.
   *
   * UDP has no end of a connection: each port of a client holds two of the balancer's connections for that time.
   *
   * @default - TCP: Duration.minutes(10); UDP: Duration.seconds(30)
   */
  readonly idleTimeout?: Duration;

  /**
   * Addresses and ranges (CIDR) that may connect. They become `allow`.
   *
   * @default - everybody
   */
  readonly allowFrom?: string[];
}

/**
 * An entry that passes bytes on as they are: the API server (`master.cluster.k8s:16443` → masters:6443), any TCP or UDP port,
 * or TLS by the name that clients ask for (SNI), without decrypting it.
 *
 * All of a balancer are in `stream.d/<domain>.conf`; the log file is `/var/log/nginx/stream_access.log`.
 */
export class StreamEntry extends Construct {
  private readonly balancer: IngressBalancer;
  private readonly server: StreamServer;

  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props what it serves
   */
  constructor(scope: Construct, id: string, props: StreamEntryProps) {
    super(scope, id);
    this.balancer = props.balancer;
    const udp = props.protocol === kplus.Protocol.UDP;
    if (props.protocol === kplus.Protocol.SCTP) {
      throw refuse('protocol', props.protocol, 'nginx knows TCP and UDP');
    }
    this.server = {
      owner: this.node.path,
      port: port('port', props.port),
      udp,
      idleTimeout: milliseconds('idleTimeout', props.idleTimeout ?? (udp ? Duration.seconds(30) : Duration.minutes(10))),
      allow: props.allowFrom === undefined ? undefined : checkRanges('allowFrom', props.allowFrom),
      names: new Map(),
    };
    if (props.backend) {
      this.server.backend = this.upstream(props.backend, this.upstreamPrefix);
    }
    this.balancer._site.addStream(this.server);
    this.node.addValidation({
      validate: () => (this.server.backend || this.server.names.size > 0 ? [] : ['the stream entry leads nowhere: set \'backend\', or add names with \'addServerName\'']),
    });
  }

  /**
   * Sends the TLS connections that ask for a name (SNI) to a backend; they are passed on as they are, so the backend has the
   * certificate.
   *
   * @param name DNS name, each once
   * @param backend where its connections go
   */
  public addServerName(name: string, backend: StreamBackend): void {
    domainName('name', name);
    if (this.server.udp) {
      throw refuse('name', name, 'names are read from TLS over TCP, and the entry is UDP');
    }
    if (this.server.names.has(name)) {
      throw refuse('name', name, `"${this.node.path}" has that name already`);
    }
    this.server.names.set(name, this.upstream(backend, `${this.upstreamPrefix}_${name.replace(/\./g, '_')}`));
  }

  private get upstreamPrefix(): string {
    return `${this.server.udp ? 'udp' : 'tcp'}_${this.server.port}`;
  }

  private upstream(backend: StreamBackend, name: string): StreamUpstream {
    this.checkProxyProtocol(backend);
    const nodes = backend._machines ? activeNodes('machines', backend._machines) : this.balancer._ingressNodes;
    this.server.sendProxyProtocol = backend._sendProxyProtocol;
    return { name, members: membersOf(nodes, backend._port) };
  }

  /** nginx sends the header for all of a port or for none. */
  private checkProxyProtocol({ _sendProxyProtocol }: StreamBackend): void {
    if (_sendProxyProtocol && this.server.udp) {
      throw refuse('sendProxyProtocol', true, 'PROXY protocol version 1 is for TCP, and the entry is UDP');
    }
    if (this.server.sendProxyProtocol !== undefined && this.server.sendProxyProtocol !== _sendProxyProtocol) {
      throw refuse('sendProxyProtocol', _sendProxyProtocol, 'the other backends of the entry have it otherwise, and nginx sends it to all backends of a port or to none');
    }
  }
}
