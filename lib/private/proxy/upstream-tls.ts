import { HostHeader, TlsToUpstream } from './model';
import { UpstreamTls } from '../../upstream-tls';
import { TlsFiles } from '../tls-sources';

/** TLS to an upstream: its name is the one that was given, or that of the Host. */
export function upstreamTls(tls: UpstreamTls, host: HostHeader, files: TlsFiles): TlsToUpstream {
  const name: HostHeader = tls._serverName === undefined ? nameOf(host) : { literal: tls._serverName };
  const clientCertificate = tls._clientCertificate && files.certificateFiles(tls._clientCertificate._source);
  if (tls._ca === undefined) {
    return { name, insecureReason: tls._insecureReason, clientCertificate };
  }
  const source = tls._ca._source;
  // a client certificate makes the location's TLS one of its own, which would not see the file at the http level
  return { name, trustedCertificate: files.caFile('ca', source), trustsSystem: source.kind === 'system' && !clientCertificate, clientCertificate };
}

/** The Host without its port. */
function nameOf(host: HostHeader): HostHeader {
  return host === 'asked' ? host : { literal: host.literal.replace(/:\d+$/, '') };
}
