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
  /** Connections start with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
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
  /** File of the authorities that sign the certificates which clients must show. */
  readonly clientCa?: string;
  /** Headers of all responses, also of errors. */
  readonly responseHeaders: ResponseHeader[];
  /** File of the access log. */
  readonly accessLog?: string;
  readonly answer: Answer;
  /** Text of the user at the end of the block; more may be added. */
  readonly unchecked: UncheckedText[];
}

/** Text that nobody checked but for its braces and quotes. */
export interface UncheckedText {
  readonly text: string;
  readonly reason: string;
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
  readonly maintenance?: Maintenance;
}
/** Sends the client elsewhere. */
export interface Redirecting {
  readonly kind: 'redirect';
  readonly status: number;
  /** What stands before the path that the client asked for. */
  readonly target: RedirectTarget;
  /** Whether that path and its query follow. */
  readonly keepPath: boolean;
}

/** https under the name that was asked for, or a fixed address. */
export type RedirectTarget = { readonly httpsPort: number } | { readonly url: string };

/** A page instead of the application, for all but some addresses. */
export interface Maintenance {
  /** Name of what the text is kept in. */
  readonly name: string;
  readonly html: string;
  /** Seconds of Retry-After. */
  readonly retryAfter: number;
}

/** A header of the response. */
export interface ResponseHeader {
  readonly name: string;
  readonly value: string;
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
  /** In KiB. */
  readonly maxBodySize: number;
  readonly requestBuffering: boolean;
  /** Headers that the user sets or removes, by their name in lower case. */
  readonly headers: Map<string, RequestHeader>;
  /** A file with more directives, which the pod writes at its start. */
  readonly include?: string;
  /** Addresses that may ask; without it everybody. */
  readonly allow?: string[];
  readonly requestLimit?: RequestLimit;
  readonly connectionLimit?: ConnectionLimit;
  /** Text of the user at the end of the block; more may be added. */
  readonly unchecked: UncheckedText[];
}

/** What requests or connections are counted by: the client's address, or all that reach the server. */
export type LimitKey = 'client' | 'server';

/** A rate, kept in a zone of its name. */
export interface RequestLimit {
  readonly zone: string;
  readonly key: LimitKey;
  /** As nginx writes it. */
  readonly rate: string;
  readonly burst: number;
}

/** A number of requests at a time, kept in a zone of its name. */
export interface ConnectionLimit {
  readonly zone: string;
  readonly key: LimitKey;
  readonly connections: number;
}

/** The Host that is sent. */
export type HostHeader = { readonly literal: string } | 'asked';

/** A header of the request: with a literal value, removed, or set by a file that the pod writes at its start. */
export interface RequestHeader {
  readonly name: string;
  readonly value?: string;
  /** Set elsewhere: only the line of ours must be left out. */
  readonly elsewhere?: boolean;
}

/** What becomes of X-Forwarded-* and their like. */
export enum ForwardedHeaders {
  /** This proxy is the edge: it says who the client is, whatever the client says. */
  OVERWRITE = 'overwrite',
  /** Nobody's business behind this proxy: all are removed. */
  REMOVE = 'remove',
  /** The caller's are passed on and its address is appended. */
  APPEND = 'append',
  /** Those of trusted proxies are continued; from everybody else as at the edge. */
  CONTINUE = 'continue',
}

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly send: number;
  readonly read: number;
}

/** How a request is repeated on another member of its upstream. */
export interface Retry {
  /** The arguments of proxy_next_upstream. */
  readonly conditions: string[];
  readonly tries: number;
  /** Milliseconds after which no further member is tried. */
  readonly timeout: number;
}

/** The members that requests of one purpose are spread over. */
export interface Upstream {
  readonly name: string;
  readonly members: Member[];
  readonly tls?: TlsToUpstream;
  /** Whether its members are the ingress nodes. */
  readonly isIngress?: boolean;
  /** How long an unused connection is kept, in milliseconds; it must be shorter than the members keep it. */
  readonly keepaliveTimeout: number;
  /** Unused connections that each worker keeps; with 0 none, so that the members see no more than there are requests. */
  readonly keepaliveConnections: number;
}

/** For members of which nobody knows: many servers close idle connections after five seconds, and a request on one is lost. */
export const CAUTIOUS_KEEPALIVE = 4_000;

/** One address of an upstream. */
export interface Member {
  readonly host: string;
  readonly port: number;
  /** What the address is, for people. */
  readonly note?: string;
  readonly weight?: number;
  /** Only used when all others fail. */
  readonly backup?: boolean;
  /** Whether the host is a name that nginx looks up again and again. */
  readonly resolve?: boolean;
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
  /** Shown to the upstream. */
  readonly clientCertificate?: CertificateFiles;
}
