import { Retry } from './retry';

/*
 * What a reverse proxy is, for both gates: Listener → Server → Location → Upstream. Entries and routes build it from values
 * that were checked; render.ts turns it into nginx. Addresses stay structured here, so that other views can be made of it.
 */

/** A socket that nginx listens on. What belongs to the socket is decided here, however many servers share it. */
export interface Listener {
  readonly port: number;
  /** Listens on IPv6 as well as on IPv4. */
  readonly ipv6: boolean;
  readonly tls: boolean;
  readonly http2: boolean;
  readonly servers: Server[];
}

/** What is answered under some names on one listener. */
export interface Server {
  /** Path of the construct that it was made for: named in messages and in the text. */
  readonly owner: string;
  readonly description?: string;
  /** DNS names; those that start with `*.` stand for all sub-domains. */
  readonly names: string[];
  /** Also answers all names that no other server of the listener has. */
  readonly isDefault: boolean;
  readonly certificate?: CertificateFiles;
  /** Seconds of Strict-Transport-Security. */
  readonly hsts?: number;
  /** File of the access log. */
  readonly accessLog?: string;
  readonly answer: Answer;
}

/** A certificate with its key, by their paths. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a server does with a request. */
export type Answer = Proxying | Redirecting;
export interface Proxying {
  readonly kind: 'proxy';
  readonly locations: Location[];
}
/** Sends the client to https on a port. */
export interface Redirecting {
  readonly kind: 'redirect';
  readonly port: number;
}

/** A path with everything below it. */
export interface Location {
  readonly path: string;
  readonly upstream: Upstream;
  /** The Host that is sent: literal text, or the name that the client asked for. */
  readonly host: HostHeader;
  readonly forwarded: ForwardedHeaders;
  readonly timeouts: Timeouts;
  readonly retry: Retry;
  /** As nginx writes it. */
  readonly maxBodySize: string;
  readonly requestBuffering: boolean;
  /** Headers that the user sets or removes, by their name in lower case. */
  readonly headers: Map<string, RequestHeader>;
}

/** The Host that is sent. */
export type HostHeader = { readonly literal: string } | 'asked';

/** A header of the request; without a value it is removed. */
export interface RequestHeader {
  readonly name: string;
  readonly value?: string;
}

/** What becomes of X-Forwarded-* and their like. */
export enum ForwardedHeaders {
  /** This proxy is the edge: it says who the client is, whatever the client says. */
  OVERWRITE = 'overwrite',
  /** Nobody's business behind this proxy: all are removed. */
  REMOVE = 'remove',
  /** The caller's are passed on and its address is appended. */
  APPEND = 'append',
}

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly send: number;
  readonly read: number;
}

/** The members that requests of one purpose are spread over. */
export interface Upstream {
  readonly name: string;
  readonly members: Member[];
  readonly tls?: TlsToUpstream;
  /** How long an unused connection is kept, in milliseconds; it must be shorter than the members keep it. */
  readonly keepaliveTimeout: number;
  /** Connections that are kept by each worker. */
  readonly keepaliveConnections: number;
}

/** One address of an upstream. */
export interface Member {
  readonly host: string;
  readonly port: number;
  /** What the address is, for people. */
  readonly note?: string;
  readonly weight?: number;
  /** Only used when all others fail. */
  readonly backup?: boolean;
}

/** How TLS is spoken to an upstream. */
export interface TlsToUpstream {
  /** SNI and the name that the certificate must carry. */
  readonly name: HostHeader;
  /** Who is trusted; without it nothing is verified. */
  readonly trustedCertificate?: string;
  /** Whether that file is the one that all upstreams with public certificates share. */
  readonly trustsSystem?: boolean;
  /** Why nothing is verified. */
  readonly insecureReason?: string;
}
