import { connect, createServer, Server, Socket } from 'node:net';
import { Chart, Testing } from 'cdk8s';
import { Pod, PodSpec, Termination } from './pod';
import { PodNetwork } from './pod-network';
import { EgressProxy, EgressRoute } from '../../../lib';
import { atEnd } from '../support/cleanup';
import { NginxBinary } from '../support/nginx-binaries';
import { until } from '../support/nginx-process';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
interface ConfigMap extends Manifest {
  readonly data: Record<string, string>;
}
interface Deployment extends Manifest {
  readonly spec: { readonly replicas: number; readonly strategy: { readonly rollingUpdate: object }; readonly template: { readonly spec: PodSpec } };
}
interface ServiceManifest extends Manifest {
  readonly spec: { readonly ports: readonly { readonly port: number; readonly targetPort: string | number }[] };
}

export interface ClusterOptions {
  readonly binary: NginxBinary;
  readonly systemCa?: string;
  readonly tools?: string;
}

export interface Rollout extends Termination {
  /** When a pod is no endpoint any more, after it was told to end; default 300. */
  readonly endpointsMs?: number;
}

/** As much of a cluster as one proxy needs: its objects, its pods, Services in front of them, and rollouts. */
export class Cluster {
  readonly network = PodNetwork.create();
  readonly pods: Pod[] = [];
  private readonly objects = new Map<string, Record<string, string | Buffer>>();
  private readonly services = new Map<string, ServiceManifest>();
  private readonly endpoints = new Set<Pod>();
  private current?: Deployment;
  private addresses = 99;

  constructor(private readonly options: ClusterOptions) {}

  get binary(): NginxBinary {
    return this.options.binary;
  }

  /** `kubectl apply` without pruning; pods are left as they are. */
  apply(chart: Chart): void {
    for (const manifest of Testing.synth(chart) as Manifest[]) {
      switch (manifest.kind) {
        case 'ConfigMap':
          this.objects.set(`configMap/${manifest.metadata.name}`, (manifest as ConfigMap).data);
          break;
        case 'Service':
          this.services.set(manifest.metadata.name, manifest as ServiceManifest);
          break;
        case 'Deployment':
          this.current = manifest as Deployment;
          break;
      }
    }
  }

  /** The container ports of a proxy's routes. */
  portsOf(proxy: EgressProxy): (route: string) => number {
    const ports = new Map(proxy.routes.map((route) => [route.name, (route as EgressRoute).containerPort]));
    return (route) => {
      const port = ports.get(route);
      if (port === undefined) {
        throw new Error(`no route ${route}`);
      }
      return port;
    };
  }

  configMap(name: string, data: Record<string, string>): void {
    this.objects.set(`configMap/${name}`, data);
  }

  secret(name: string, data: Record<string, string | Buffer>): void {
    this.objects.set(`secret/${name}`, data);
  }

  remove(kind: 'configMap' | 'secret', name: string): void {
    this.objects.delete(`${kind}/${name}`);
  }

  get deployment(): Deployment {
    if (!this.current) {
      throw new Error('nothing is applied');
    }
    return this.current;
  }

  /** A pod of the Deployment as it is now; waits until it is ready. */
  async startPod(): Promise<Pod> {
    const pod = await Pod.start(this.deployment.spec.template.spec, { ...this.options, network: this.network, objects: this.objects });
    await pod.ready();
    this.pods.push(pod);
    this.endpoints.add(pod);
    return pod;
  }

  async startPods(count = this.deployment.spec.replicas): Promise<Pod[]> {
    return Promise.all(Array.from({ length: count }, () => this.startPod()));
  }

  /** A pod ends; it stays an endpoint for a while, whatever becomes of it: kube-proxy on other nodes learns late that it is none. */
  async terminate(pod: Pod, { endpointsMs = 300, ...termination }: Rollout = {}): ReturnType<Pod['terminate']> {
    setTimeout(() => this.endpoints.delete(pod), endpointsMs);
    this.pods.splice(this.pods.indexOf(pod), 1);
    return pod.terminate({ preStopSeconds: 1, ...termination });
  }

  /**
   * Replaces the pods by those of the Deployment as it is now, one after the other. With maxUnavailable 1 and maxSurge 0, and two pods
   * never on one node, a new one starts when the old one is gone, and the next one ends when it is ready; with maxSurge 1 the new one comes first.
   */
  async rollOut(options: Rollout = {}): Promise<void> {
    const strategy = JSON.stringify(this.deployment.spec.strategy.rollingUpdate);
    for (const pod of [...this.pods]) {
      switch (strategy) {
        case '{"maxSurge":0,"maxUnavailable":1}':
          await this.terminate(pod, options);
          await this.startPod();
          break;
        case '{"maxSurge":1,"maxUnavailable":0}':
          await this.startPod();
          await this.terminate(pod, options);
          break;
        default:
          throw new Error(`a strategy that this test does not know: ${strategy}`);
      }
    }
  }

  /** The Service of a route. */
  async service(name: string): Promise<Service> {
    const manifest = this.services.get(name);
    if (!manifest) {
      throw new Error(`no Service ${name}`);
    }
    const [{ port, targetPort }] = manifest.spec.ports;
    if (typeof targetPort === 'number') {
      throw new Error(`the Service ${name} does not find its port by name`);
    }
    return Service.start(this.network.address(this.addresses--), port, () => [...this.endpoints]
      .filter((pod) => pod.hasPort(targetPort))
      .map((pod) => ({ host: pod.address, port: pod.port(targetPort) })));
  }
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Plays kube-proxy for one Service: each connection goes to one of the endpoints, and stays there. */
export class Service {
  static async start(address: string, port: number, endpoints: () => Endpoint[]): Promise<Service> {
    const service = new Service(address, port, endpoints);
    atEnd(() => service.close());
    await new Promise<void>((done, fail) => service.server.once('error', fail).listen({ host: address, port, backlog: 1024 }, done));
    return service;
  }

  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(readonly address: string, readonly port: number, private readonly endpoints: () => Endpoint[]) {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.forward(client));
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((done) => this.server.close(done));
  }

  private forward(client: Socket): void {
    const endpoints = this.endpoints();
    const endpoint = endpoints[Math.floor(Math.random() * endpoints.length)];
    if (!endpoint) {
      client.resetAndDestroy();
      return;
    }
    const pod = connect({ ...endpoint, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [[client, pod], [pod, client]]) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => other.resetAndDestroy());
      socket.pipe(other);
    }
  }
}

/** The lines of the log, when the wanted ones are among them: nginx writes them late. */
export async function logged(pod: Pod, enough: (lines: Pod['log']) => boolean): Promise<Pod['log']> {
  await until(() => enough(pod.log), 5000, 'lines of the log', () => pod.stdout);
  return pod.log;
}
