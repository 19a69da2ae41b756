import { CertificateFiles } from './proxy/model';
import { refuse } from './refuse';

/** Where trusted certificates come from. */
export type CaSource = { readonly kind: 'system' } | { readonly kind: 'file'; readonly path: string } | ClusterSource;

/** A key of an object in the cluster. */
export interface ClusterSource {
  readonly kind: 'configMap' | 'secret';
  readonly name: string;
  readonly key: string;
}

/** Where a certificate with its key comes from. */
export type CertificateSource = { readonly kind: 'secret'; readonly name: string } | ({ readonly kind: 'files' } & CertificateFiles);

/** How a gate finds the files of what TLS needs. */
export interface TlsFiles {
  /** The file of trusted certificates; what cannot be on this side is refused. */
  caFile(prop: string, source: CaSource): string;
  /** The files of a certificate; what cannot be on this side is refused. */
  certificateFiles(source: CertificateSource): CertificateFiles;
}

/** Where most Linux distributions and the official image keep what they trust. */
export const SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

/** The files of a load balancer; what lives in the cluster cannot be there. */
export const MACHINE_FILES: TlsFiles = {
  caFile(prop, source) {
    switch (source.kind) {
      case 'system':
        return SYSTEM_CA_FILE;
      case 'file':
        return source.path;
      default:
        throw refuse(prop, `${source.kind} ${source.name}`, 'the load balancer is outside the cluster and reads files only: copy the certificates there and use \'CaBundle.fromFile\'');
    }
  },
  certificateFiles(source) {
    if (source.kind === 'files') {
      return { certificate: source.certificate, key: source.key };
    }
    throw refuse('clientCertificate', `secret ${source.name}`, 'the load balancer is outside the cluster and reads files only: copy them there and use \'ClientCertificate.fromFiles\'');
  },
};
