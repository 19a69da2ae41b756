import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';

interface RouteServiceProps {
  readonly name: string;
  readonly port: number;
  readonly labels: { [key: string]: string };
  readonly selector: { [key: string]: string };
  readonly target: { readonly portName: string; readonly containerPort: number };
}

/** The Service of a route. It finds the container port by name, which cdk8s-plus has no prop for. */
export class RouteService extends kplus.Service {
  private readonly portName: string;

  constructor(scope: Construct, id: string, { name, port, labels, selector, target }: RouteServiceProps) {
    super(scope, id, {
      metadata: { name, labels },
      ports: [{ name: 'http', port, targetPort: target.containerPort, protocol: kplus.Protocol.TCP }],
    });
    this.portName = target.portName;
    Object.entries(selector).forEach(([key, value]) => this.selectLabel(key, value));
  }

  /** @internal */
  public _toKube(): kplus.k8s.ServiceSpec {
    const { externalIPs, ports = [], ...spec } = super._toKube();
    const [http, ...others] = ports;
    return {
      ...spec,
      // an empty list would make every `kubectl apply` a change
      ...(externalIPs?.length ? { externalIPs } : {}),
      ports: [{ ...http, targetPort: kplus.k8s.IntOrString.fromString(this.portName) }, ...others],
    };
  }
}
