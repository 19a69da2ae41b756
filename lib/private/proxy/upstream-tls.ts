import { isIP } from 'net';
import { HostHeader, TlsToUpstream } from './model';
import { UpstreamTls } from '../../upstream-tls';
import { refuse } from '../refuse';
import { CaSource } from '../tls-sources';

/** TLS to an upstream: its name is the one that was given, or that of the Host; `fileOf` finds the file of what is trusted. */
export function upstreamTls(tls: UpstreamTls, host: HostHeader, fileOf: (source: CaSource) => string): TlsToUpstream {
  const name: HostHeader = tls._serverName === undefined ? nameOf(host) : { literal: tls._serverName };
  if (tls._ca === undefined) {
    return { name, insecureReason: tls._insecureReason };
  }
  if (name !== 'asked' && isIP(name.literal.replace(/^\[|\]$/g, ''))) {
    throw refuse('tls', 'verified', `nginx verifies the names of a certificate and not its addresses, and the only name is ${name.literal}: set 'serverName' to a name that the certificate has`);
  }
  return { name, trustedCertificate: fileOf(tls._ca._source), trustsSystem: tls._ca._source.kind === 'system' };
}

/** The Host without its port. */
function nameOf(host: HostHeader): HostHeader {
  return host === 'asked' ? host : { literal: host.literal.replace(/:\d+$/, '') };
}
