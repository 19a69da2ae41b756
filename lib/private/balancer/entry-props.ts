import { isIPv4 } from 'net';
import { checkList, checkUnique } from '../check-unique';
import { checkBypass } from './maintenance';
import { EntryProps } from '../../entry';
import { RateLimit } from '../../rate-limit';
import { checkRanges, intersection } from '../cidr';
import { checkResponseHeaders } from '../headers';
import { domainName, rate, serverName } from '../nginx/grammar';
import { ResponseHeader, Upstream } from '../proxy/model';
import { refuse } from '../refuse';

/* What an entry's props mean for its server and its locations. */

/** The names of an entry; `*.` stands for all sub-domains. */
export function checkDomains({ domains = [], wildcardDomains = [], defaultServer, tls }: EntryProps): string[] {
  checkList('domains', domains);
  checkList('wildcardDomains', wildcardDomains);
  const exact = domains.map((domain, i) => serverName(`domains[${i}]`, domain));
  const wildcards = wildcardDomains.map((domain, i) => `*.${domainName(`wildcardDomains[${i}]`, domain)}`);
  if (exact.length + wildcards.length === 0 && !defaultServer) {
    throw refuse('domains', domains, 'at least one name is needed, or \'defaultServer: true\' for all names that no other entry has');
  }
  const address = exact.findIndex((name) => isIPv4(name));
  if (tls && !defaultServer && address >= 0) {
    throw refuse(`domains[${address}]`, exact[address], 'with TLS a client that asks for an address sends no name: make the entry the \'defaultServer\' of its port');
  }
  checkUnique('domains', exact);
  checkUnique('wildcardDomains', wildcards);
  return [...exact, ...wildcards];
}

/** nginx verifies names only, so an address that users ask for cannot be the name of a certificate. */
export function checkVerifiable({ domains = [] }: EntryProps, { tls }: Upstream): void {
  const address = domains.find((name) => isIPv4(name));
  if (tls?.trustedCertificate !== undefined && tls.name === 'asked' && address !== undefined) {
    throw refuse('domains', address, 'the machines\' certificate would be verified for it, and nginx verifies names only: set \'host\' of the backend, or \'serverName\' of its TLS');
  }
}

/** In maintenance only those who may get past the page, and of them only those who may ask at all. */
export function allowedAddresses({ allowFrom, maintenancePage }: Pick<EntryProps, 'allowFrom' | 'maintenancePage'>): string[] | undefined {
  const allowed = allowFrom === undefined ? undefined : checkRanges('allowFrom', allowFrom);
  if (!maintenancePage) {
    return allowed;
  }
  const bypass = checkBypass(maintenancePage);
  return allowed ? intersection(bypass, allowed) : bypass;
}

/** The response headers of an entry, with the one of HSTS. */
export function responseHeadersOf({ responseHeaders, tls }: Partial<EntryProps>): ResponseHeader[] {
  const headers = checkResponseHeaders('responseHeaders', responseHeaders);
  if (!tls?._hsts) {
    return headers;
  }
  const name = 'Strict-Transport-Security';
  if (headers.some((header) => header.name.toLowerCase() === name.toLowerCase())) {
    throw refuse('responseHeaders', name, '\'hsts\' of \'tls\' sets it already: leave one of them out');
  }
  return [{ name, value: `max-age=${tls._hsts}` }, ...headers];
}

/** A rate as nginx writes it. */
export function clientRate({ _perMinute, _burst }: RateLimit): { rate: string; burst: number } {
  return { rate: rate(_perMinute), burst: _burst };
}

/** An option that is there with no value is one that is not given. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
