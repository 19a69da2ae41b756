import { refuse } from './refuse';

/** Where trusted certificates come from. */
export type CaSource = { readonly kind: 'system' } | { readonly kind: 'file'; readonly path: string } | ClusterSource;

/** A key of an object in the cluster. */
export interface ClusterSource {
  readonly kind: 'configMap' | 'secret';
  readonly name: string;
  readonly key: string;
}

/** Where most Linux distributions and the official image keep what they trust. */
export const SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

/** The file of a load balancer; what lives in the cluster cannot be there. */
export function fileOnMachine(prop: string, source: CaSource): string {
  switch (source.kind) {
    case 'system':
      return SYSTEM_CA_FILE;
    case 'file':
      return source.path;
    default:
      throw refuse(prop, `${source.kind} ${source.name}`, 'the load balancer is outside the cluster and reads files only: copy the certificates there and use \'CaBundle.fromFile\'');
  }
}
