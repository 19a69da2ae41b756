import { blank, comment, directive, Directive, Node } from '../nginx/document';

/** What every generated file starts with; `owner` says what it was made of. */
export function renderFileHeader(owner: string): Node[] {
  return [comment(`Made by cdk8s-gatehouse from "${owner}"; what is edited here is lost at the next synth.`), blank()];
}

/** `listen` for a port, on IPv4 and where it is wanted on IPv6. */
export function renderSockets({ port, ipv6 }: { readonly port: number; readonly ipv6: boolean }, ...parameters: string[]): Directive[] {
  return [String(port), ...(ipv6 ? [`[::]:${port}`] : [])].map((socket) => directive('listen', socket, ...parameters));
}

/** Lets some addresses in and nobody else; without a list everybody. */
export function renderAllowed(ranges: string[] | undefined): Directive[] {
  return ranges ? [...ranges.map((range) => directive('allow', range)), directive('deny', 'all')] : [];
}
