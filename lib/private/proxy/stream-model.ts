import { Member } from './model';

/** A port whose bytes are passed on. */
export interface StreamServer {
  /** Path of the construct. */
  readonly owner: string;
  readonly port: number;
  readonly udp: boolean;
  /** Milliseconds. */
  readonly idleTimeout: number;
  readonly allow?: string[];
  /** Backends by the name that clients ask for (SNI). */
  readonly names: Map<string, StreamUpstream>;
  /** Where all others go. */
  backend?: StreamUpstream;
  /** Whether backends are told who the client is; undecided while there is none. */
  sendProxyProtocol?: boolean;
}

/** The members that connections are spread over. */
export interface StreamUpstream {
  readonly name: string;
  readonly members: Member[];
}
