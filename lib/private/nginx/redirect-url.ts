import { isIPv6 } from 'net';
import { domainName, fitsWord, ipAddress } from './grammar';
import { refuse } from '../refuse';

/** The address that clients are sent to; without a path where the path of the request is appended. */
export function redirectUrl(prop: string, value: string, appended: boolean): string {
  const match = typeof value === 'string' ? /^(https?):\/\/(\[[^\]/?#]*\]|[^:/?#@[\]]*)(?::(\d+))?(\/[^#]*)?$/.exec(value) : null;
  if (!match) {
    throw refuse(prop, value, 'an address is "https://name", "https://name:port" or "https://name/path", without "#"');
  }
  const [, scheme, host, number, path = ''] = match;
  if (host.startsWith('[')) {
    if (!isIPv6(ipAddress(prop, host.slice(1, -1)))) {
      throw refuse(prop, value, 'between the brackets an IPv6 address is expected');
    }
  } else if (!/^[\d.]+$/.test(host)) {
    domainName(prop, host);
  } else {
    ipAddress(prop, host);
  }
  if (number !== undefined && (number.startsWith('0') || Number(number) > 65535)) {
    throw refuse(prop, value, 'the port must be 1..65535');
  }
  if (appended && path !== '' && path !== '/') {
    throw refuse(prop, value, 'the path that the client asked for is appended: leave the path out, or set \'keepPath: false\'');
  }
  if (!/^[A-Za-z0-9._~!&'()*+,;=:@/?%-]*$/.test(path)) {
    throw refuse(prop, value, 'a path in an address has no spaces and only characters of ASCII: encode the others with "%"');
  }
  fitsWord(prop, value);
  return `${scheme}://${host}${number === undefined ? '' : `:${number}`}${appended ? '' : path}`;
}
