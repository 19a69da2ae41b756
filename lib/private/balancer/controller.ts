import { Yaml } from 'cdk8s';
import { size } from '../nginx/grammar';

/** The controllers whose settings we know, and all others. */
export type ControllerKind = 'generic' | 'ingress-nginx' | 'traefik';

/** What the controller has to know of the balancer in front of it. */
export interface ControllerFacts {
  /** Addresses that requests come from. */
  readonly addresses: string[];
  /** The largest body that the balancer lets through to the nodes, in KiB; `undefined` when it sends none there. */
  readonly maxBodySize?: number;
}

/** The settings of a controller as a ConfigMap. */
export interface ControllerSettings {
  readonly name: string;
  readonly data: { [key: string]: string };
}

/** The settings that make a controller agree with the balancer; there are none for a controller that we do not know. */
export function controllerSettings(kind: ControllerKind, { addresses, maxBodySize }: ControllerFacts): ControllerSettings | undefined {
  const ranges = addresses.map((address) => `${address}/${address.includes(':') ? 128 : 32}`);
  switch (kind) {
    case 'ingress-nginx':
      return {
        name: 'ingress-nginx-controller',
        data: {
          'use-forwarded-headers': 'true',
          'proxy-real-ip-cidr': ranges.join(','),
          ...(maxBodySize === undefined ? {} : { 'proxy-body-size': size(maxBodySize) }),
        },
      };
    case 'traefik': {
      const port = { forwardedHeaders: { trustedIPs: ranges } };
      return { name: 'traefik-gatehouse-values', data: { 'values.yaml': Yaml.stringify({ ports: { web: port } }) } };
    }
    case 'generic':
      return undefined;
  }
}
