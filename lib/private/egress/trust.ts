import { k8s } from 'cdk8s-plus-28';
import { fileNamedAfter } from '../nginx/grammar';
import { CertificateFiles } from '../proxy/model';
import { refuse } from '../refuse';
import { CaSource, CertificateSource, ClusterSource, TlsFiles } from '../tls-sources';

const DIRECTORY = '/etc/gatehouse/trust';

/** The ConfigMaps and Secrets that a proxy mounts: one projected volume with a folder for each. */
export class TrustMount implements TlsFiles {
  public static readonly DIRECTORY = DIRECTORY;

  private readonly sources = new Map<string, ClusterSource>();

  constructor(private readonly systemCaFile: string) {}

  /** The file in the pod of trusted certificates; what lies on another machine cannot be there. */
  public caFile(prop: string, source: CaSource): string {
    switch (source.kind) {
      case 'system':
        return this.systemCaFile;
      case 'file':
        throw refuse(prop, source.path, 'a file of the load balancer is not in the pod: use \'CaBundle.fromConfigMap\' or \'CaBundle.fromSecret\'');
      default:
        return this.add(prop, source);
    }
  }

  /** The files in the pod of a certificate with its key. */
  public certificateFiles(source: CertificateSource): CertificateFiles {
    if (source.kind === 'files') {
      throw refuse('clientCertificate', source.certificate, 'a file of the load balancer is not in the pod: use \'ClientCertificate.fromSecret\'');
    }
    const { name } = source;
    const add = (key: string) => this.add('clientCertificate', { kind: 'secret', name, key });
    return { certificate: add('tls.crt'), key: add('tls.key') };
  }

  /** The sources of the volume; a pod does not start before all of them are there. */
  public toSources(): k8s.VolumeProjection[] {
    return [...this.sources].map(([path, { kind, name, key }]) => {
      const items = [{ key, path }];
      return kind === 'configMap' ? { configMap: { name, items } } : { secret: { name, items } };
    });
  }

  private add(prop: string, source: ClusterSource): string {
    const folder = fileNamedAfter(prop, source.name, `${source.kind.toLowerCase()}-${source.name}`);
    const path = `${folder}/${source.key}`;
    this.sources.set(path, source);
    return `${DIRECTORY}/${path}`;
  }
}
