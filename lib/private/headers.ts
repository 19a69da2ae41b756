import { headerName, headerValue } from './nginx/grammar';
import { RequestHeader, ResponseHeader } from './proxy/model';
import { refuse } from './refuse';

/** Request headers that belong to the proxy itself. */
const PROXYS_OWN = ['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Response headers that say what the response is, or of which there may be several. */
const RESPONSES_OWN = [
  'connection', 'content-encoding', 'content-length', 'content-range', 'content-type', 'date', 'keep-alive', 'location', 'server', 'set-cookie',
  'te', 'trailer', 'transfer-encoding', 'upgrade',
];

/** The request headers that a user sets or removes, by their name in lower case; each once. */
export type RequestHeaders = Map<string, RequestHeader>;

/** Adds a header that is set, or without a value removed. */
export function addRequestHeader(headers: RequestHeaders, header: RequestHeader, prop = 'name'): void {
  const name = headerName(prop, header.name);
  const key = name.toLowerCase();
  if (key === 'host') {
    throw refuse(prop, name, 'the Host belongs to where the requests go: set \'host\' there');
  }
  if (PROXYS_OWN.includes(key)) {
    throw refuse(prop, name, 'that header belongs to the connection, which is the proxy\'s own');
  }
  const other = headers.get(key);
  if (other) {
    throw refuse(prop, name, `"${other.name}" is ${other.value === undefined && !other.elsewhere ? 'removed' : 'set'} already, and case makes no difference: say it once`);
  }
  headers.set(key, header);
}

/** The response headers of an entry, checked. */
export function checkResponseHeaders(prop: string, headers: { [name: string]: string } = {}): ResponseHeader[] {
  const seen = new Map<string, string>();
  return Object.entries(headers).map(([name, value]) => {
    headerName(prop, name);
    const key = name.toLowerCase();
    if (RESPONSES_OWN.includes(key)) {
      throw refuse(prop, name, 'that header belongs to the response itself and is not for the entry to set');
    }
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw refuse(prop, name, `"${twin}" is set already, and case makes no difference: say it once`);
    }
    seen.set(key, name);
    return { name, value: headerValue(`${prop}['${name}']`, value) };
  });
}
